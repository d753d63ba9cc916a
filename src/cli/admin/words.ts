// How ids and lengths of time are written in tables.
import { type Duration, durationMs, type Timestamp, timestampMs } from '@bufbuild/protobuf/wkt';
import type { Clock } from '../../clock.js';

/** The last digits of an id are random, and the first twelve are its time. Every command takes them back in this form. */
const shortId = (id: string): string => (id === '' ? '–' : `…${id.slice(-8)}`);

/** How a table writes ids: short, or whole where `--full-ids` wants them. */
export type WriteId = (id: string) => string;
export const idsOf = ({ fullIds }: { readonly fullIds?: true }): WriteId =>
  fullIds === true ? (id) => id || '–' : shortId;

/** `9 s`, `4:10`, `2 h 05`, `3 d 02 h`. */
export function shortTime(ms: number): string {
  const pad = (value: number) => String(value).padStart(2, '0');
  const seconds = Math.round(Math.max(0, ms) / 1000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)}:${pad(seconds % 60)}`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3_600)} h ${pad(Math.floor((seconds % 3_600) / 60))}`;
  return `${Math.floor(seconds / 86_400)} d ${pad(Math.floor((seconds % 86_400) / 3_600))} h`;
}

export const lasting = (span: Duration | undefined): string => (span === undefined ? '–' : shortTime(durationMs(span)));

export const ago = (at: Timestamp | undefined, clock: Pick<Clock, 'now'>): string =>
  at === undefined ? '–' : shortTime(clock.now() - timestampMs(at));

/** Of a moment to come; one that has passed is `now`. */
export function within(at: Timestamp | undefined, clock: Pick<Clock, 'now'>): string {
  const ms = at === undefined ? 0 : timestampMs(at) - clock.now();
  return ms <= 0 ? 'now' : `in ${shortTime(ms)}`;
}

/** `requested 348 · executing 2`, without what is zero. */
export const countsIn = (counts: Readonly<Record<string, number | bigint>>): string =>
  Object.entries(counts)
    .filter(([, count]) => Number(count) > 0)
    .map(([name, count]) => `${name} ${count}`)
    .join(' · ') || '–';

/** What an action was about: requests, deliveries and signers by their ids, lanes by name. */
export const writtenTarget = (target: string, id: WriteId): string =>
  /^([0-9a-f]{32}){1,2}$/.test(target) ? id(target) : target;
