// Milliseconds as the wire has them: whole ones, because running time has parts of them, and a message with parts of a nanosecond is none.
import { type Duration, durationFromMs, type Timestamp, timestampFromMs } from '@bufbuild/protobuf/wkt';

export const span = (ms: number): Duration => durationFromMs(Math.max(0, Math.round(ms)));
export const moment = (at: number): Timestamp => timestampFromMs(Math.round(at));
