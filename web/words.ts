// How ids, moments and lengths of time are written: as the command line writes them.

/** The last digits of an id are random, and the first twelve are its time. */
export const shortId = (id: string): string => (id === '' ? '–' : `…${id.slice(-8)}`);

/** `9 s`, `4:10`, `2 h 05`, `3 d 02 h`. */
export function shortTime(ms: number): string {
  const pad = (value: number) => String(value).padStart(2, '0');
  const seconds = Math.round(Math.max(0, ms) / 1000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)}:${pad(seconds % 60)}`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3_600)} h ${pad(Math.floor((seconds % 3_600) / 60))}`;
  return `${Math.floor(seconds / 86_400)} d ${pad(Math.floor((seconds % 86_400) / 3_600))} h`;
}

/** What may last for moments: `240 ms`. */
export const briefly = (ms: number): string => (ms < 1_000 ? `${Math.max(0, Math.round(ms))} ms` : shortTime(ms));

/** Of a length of time on the wire: `1.5s`. */
export const spanMs = (span: string): number => Number.parseFloat(span) * 1000;
export const lasting = (span: string | undefined): string => (span === undefined ? '–' : shortTime(spanMs(span)));

export const ago = (at: string | undefined, now: number): string =>
  at === undefined ? '–' : shortTime(now - Date.parse(at));

/** Of a moment to come; one that has passed is `now`. */
export function within(at: string | undefined, now: number): string {
  const ms = at === undefined ? 0 : Date.parse(at) - now;
  return ms <= 0 ? 'now' : `in ${shortTime(ms)}`;
}

/** `03:12:05`, of today; with its date, of another day. */
export function clockTime(at: string | undefined): string {
  if (at === undefined) return '–';
  const moment = new Date(at);
  const time = moment.toLocaleTimeString('en-GB');
  return moment.toDateString() === new Date().toDateString() ? time : `${moment.toLocaleDateString('en-CA')} ${time}`;
}

/** `2026-11-30T15:04`, by the clock of this machine: as fields of the page have a moment. */
export const localMinute = (ms: number): string =>
  Number.isNaN(ms) ? '' : new Date(ms - new Date(ms).getTimezoneOffset() * 60_000).toISOString().slice(0, 16);

export function size(bytes: string | number | undefined): string {
  let value = Number(bytes ?? 0);
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** `12 345 678` with narrow spaces. */
export const grouped = (digits: string): string => digits.replace(/\B(?=(\d{3})+$)/g, '\u202f');

const ends = ['fulfilled', 'failed', 'cancelled', 'expired'];
export const isOpen = ({ state }: { readonly state: string }): boolean => !ends.includes(state);

/** `proving.running` */
export const pathOf = ({ state, phase }: { readonly state: string; readonly phase: string }): string =>
  phase === '' ? state : `${state}.${phase}`;
