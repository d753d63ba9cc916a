// A piece of a trace, in our words. `otlp.ts` puts it into those of OpenTelemetry.
import type { EpochMs } from '../clock.js';

/** Words, figures and codes of closed sets, never what a client has sent. An integer is a bigint. */
export type Attributes = Readonly<Record<string, string | bigint | boolean>>;

export interface Moment {
  readonly name: string;
  readonly at: EpochMs;
  readonly attributes: Attributes;
}

export interface Span {
  /** 16 and 8 bytes in hex. */
  readonly traceId: string;
  readonly spanId: string;
  readonly parentId?: string;
  readonly name: string;
  readonly from: EpochMs;
  readonly to: EpochMs;
  readonly attributes: Attributes;
  readonly moments?: readonly Moment[];
  /** Code of the failure in which it ended. */
  readonly error?: string;
}
