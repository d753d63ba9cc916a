// How moments are written: in the time of this machine, or in UTC with a Z where `--utc` wants that.
import { type Timestamp, timestampMs } from '@bufbuild/protobuf/wkt';

export interface MomentOptions {
  readonly utc?: true;
}

/** `2026-12-01 09:00:00`, and of a list of what has happened `2026-12-01 09:00:00.417`. Without a Z it is the time of this machine. */
export type WriteMoment = (at: Timestamp | undefined, detail?: 'seconds' | 'milliseconds') => string;

export const momentsOf =
  ({ utc }: MomentOptions): WriteMoment =>
  (at, detail = 'seconds') => {
    if (at === undefined) return '–';
    const ms = timestampMs(at);
    // Written as if it were UTC, the time of this machine has the same form.
    const shown = new Date(utc === true ? ms : ms - new Date(ms).getTimezoneOffset() * 60_000);
    const text = shown
      .toISOString()
      .replace('T', ' ')
      .slice(0, detail === 'seconds' ? 'yyyy-mm-dd hh:mm:ss'.length : -1);
    return utc === true ? `${text}Z` : text;
  };
