// Whose proofs do not verify. A prover that makes several such in a row is set aside, as one whose engine dies again and again. On this machine
// each lane is a prover of its own. All lanes of a worker are one, whatever it names them and however often it comes back.
import type { SteadyMs } from '../clock.js';
import type { Address, RequestId } from '../ids.js';

/** One may be a bit flip. So many in a row, with none that verifies in between, are the prover's. */
const rejectionsAtMost = 3;
/** As long as the quarantine of an engine that dies (ms). Behind it the first bad proof leads there again. */
const asideMs = 30 * 60_000;
/** Proofs that wait for their verification, or whose request has ended before it. */
const mostUnjudged = 10_000;
const mostPrograms = 10_000;

interface Record {
  inARow: number;
  /** Of those in a row. */
  readonly programs: Set<string>;
  readonly requesters: Set<Address>;
  asideUntil: SteadyMs | undefined;
}

export interface Judged {
  readonly requestId: RequestId;
  /** Its key's hash. */
  readonly program: string;
  readonly requester: Address;
}

export class ProofVerdicts {
  readonly #makers = new Map<RequestId, string>();
  readonly #records = new Map<string, Record>();
  /** Of which a proof has verified here: proofs of these can be made. */
  readonly #provable = new Set<string>();

  /** The newest proof of this request. */
  made(requestId: RequestId, prover: string): void {
    this.#makers.delete(requestId);
    this.#makers.set(requestId, prover);
    keepTo(mostUnjudged, this.#makers);
  }

  /** Answers the prover that is to be set aside, if one is. */
  judged({ requestId, program, requester }: Judged, isValid: boolean, now: SteadyMs): string | undefined {
    if (isValid) {
      this.#provable.add(program);
      keepTo(mostPrograms, this.#provable);
    }
    const prover = this.#makers.get(requestId);
    this.#makers.delete(requestId);
    if (prover === undefined) return undefined;
    if (isValid) return void this.#records.delete(prover);
    const record = this.#recordOf(prover);
    record.inARow += 1;
    record.programs.add(program);
    record.requesters.add(requester);
    if (record.inARow < rejectionsAtMost || !this.#isProversFault(record)) return undefined;
    record.asideUntil = (now + asideMs) as SteadyMs;
    record.inARow = rejectionsAtMost - 1;
    return prover;
  }

  /** Undefined: it may prove. */
  asideUntil(prover: string, now: SteadyMs): SteadyMs | undefined {
    const until = this.#records.get(prover)?.asideUntil;
    return until !== undefined && until > now ? until : undefined;
  }

  /** An operator wants it back. */
  forgive(prover: string): void {
    this.#records.delete(prover);
  }

  /** A program of which no proof ever verifies is no prover's fault, and one stranger with such programs must not keep provers from their work. */
  #isProversFault({ programs, requesters }: Record): boolean {
    return [...programs].some((each) => this.#provable.has(each)) || (programs.size > 1 && requesters.size > 1);
  }

  #recordOf(prover: string): Record {
    const known = this.#records.get(prover);
    if (known !== undefined) return known;
    const record = { inARow: 0, programs: new Set<string>(), requesters: new Set<Address>(), asideUntil: undefined };
    this.#records.set(prover, record);
    return record;
  }
}

/** The oldest go first. */
function keepTo(most: number, kept: Map<RequestId, string> | Set<string>): void {
  if (kept.size <= most) return;
  const [oldest] = kept.keys();
  if (oldest !== undefined) kept.delete(oldest as RequestId);
}
