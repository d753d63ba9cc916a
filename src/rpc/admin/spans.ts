// Milliseconds as the wire has them.
import { type Duration, durationFromMs, type Timestamp, timestampFromMs } from '@bufbuild/protobuf/wkt';

export const span = (ms: number): Duration => durationFromMs(Math.max(0, Math.round(ms)));
export const moment = (at: number): Timestamp => timestampFromMs(at);
