// One question to a target, within bounds. That it does not answer is one thing, that it answers nonsense another.
import type { Clock } from '../../../clock.js';
import { refuse } from '../../verify/failure.js';
import { mostEvidenceBytes } from '../../verify/report/parseEvidence.js';
import { type Got, OutOfReach } from '../http/getBytes.js';
import type { SeenConnection } from '../http/seenConnection.js';

export interface Asking {
  readonly url: URL;
  readonly connection: SeenConnection;
  readonly clock: Pick<Clock, 'wakeIn'>;
  readonly signal?: AbortSignal | undefined;
}

/** Nothing was found out: try again, or look at the network. */
export class NotReached extends Error {
  override readonly name = 'NotReached';
  constructor(
    readonly code: 'QUOTE_UNAVAILABLE' | 'QUOTE_BUSY',
    message: string,
  ) {
    super(message);
  }
}

/** A quote takes its time, and so does a queue of them. */
const stepMs = 10_000;
const passing = [408, 425, 429, 500, 502, 503, 504];

export interface Question {
  readonly method?: 'GET' | 'HEAD';
  readonly headers?: Readonly<Record<string, string>>;
  readonly mostBytes?: number;
}

/** Undefined when there is no such thing; any answer to HEAD. Rejects with NotReached, EVIDENCE_MALFORMED, HEADER_TOO_LARGE. */
export async function askTarget(asking: Asking, path: string, question: Question = {}): Promise<Got | undefined> {
  const { connection, clock, signal, url } = asking;
  const { mostBytes = mostEvidenceBytes, ...how } = question;
  const place = `${url.origin}${path.split('?')[0]}`;
  try {
    const at = new URL(path, url.origin);
    const got = await connection.get({
      ...how,
      url: at,
      mostBytes,
      timeoutMs: stepMs,
      clock,
      signal,
    });
    if (how.method === 'HEAD' || got.status === 200) return got;
    if (!passing.includes(got.status)) return undefined;
    const isBusy = got.status === 429 || got.body.includes('QUOTE_BUSY');
    throw new NotReached(
      isBusy ? 'QUOTE_BUSY' : 'QUOTE_UNAVAILABLE',
      `${place} answers HTTP ${got.status}. Try again later.`,
    );
  } catch (error) {
    if (!(error instanceof OutOfReach)) throw error;
    if (error.reason === 'size') return refuse('EVIDENCE_MALFORMED', `${place}: ${error.message}.`);
    if (error.reason === 'headers') return refuse('HEADER_TOO_LARGE', `${place}: ${error.message}.`);
    throw new NotReached('QUOTE_UNAVAILABLE', `${place} cannot be asked: ${error.message}.`);
  }
}
