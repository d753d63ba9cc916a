// Who signed: EIP-191 recovery in a pool of worker threads. Calls of the same tick travel as one batch, because crossing to a
// thread costs about as much as a recovery.
import { Piscina } from 'piscina';
import type { SteadyMs } from '../../clock.js';
import { fail } from '../../failures/fail.js';
import { FailureError } from '../../failures/failureError.js';
import type { Address } from '../../ids.js';
import { packSigned, type Signed } from '../../workers/recover/batch.js';
import { workerUrl } from '../../workers/workerUrl.js';

export interface Signatures {
  /** The address that signed. Fails with SIGNATURE_INVALID. */
  recover(signed: Signed): Promise<Address>;
  close(): Promise<void>;
}

/** Hears of each recovery, to count it. */
export interface WatchSignatures {
  /** `waiting`: how many calls wait for a thread now. */
  opened(waiting: () => number): void;
  /** The time, kept with the call until its end. */
  now(): SteadyMs;
  /** Whether it is a signature or none. */
  recovered(since: SteadyMs): void;
}

interface Waiting extends Signed {
  readonly since: SteadyMs | undefined;
  readonly resolve: (address: Address) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Most recoveries in one task, about 60 µs each. Small enough that the first results are being written to disk while the next are
 * computed: otherwise calls that arrive together would go through every step together, and each step would wait for the others.
 */
const maxBatch = 16;
/** Of a thread: the next one lies ready when one is done, however busy this thread is. Further calls gather, and travel together. */
const maxBatchesOfThread = 2;

export function createSignatures({ threads, watch }: { threads: number; watch?: WatchSignatures }): Signatures {
  const pool = new Piscina<Uint8Array, Array<Address | null>>({
    filename: workerUrl(import.meta.url, '../../workers/recover.worker'),
    minThreads: threads,
    maxThreads: threads,
    concurrentTasksPerWorker: maxBatchesOfThread,
    idleTimeout: Number.POSITIVE_INFINITY,
  });
  // A thread that dies shows in the task that it ran, and the next task makes a new one; unheard, this event would end the process.
  pool.on('error', () => {});
  const gathering: Waiting[] = [];
  let underWay = 0;
  watch?.opened(() => gathering.length);

  async function send(batch: Waiting[]): Promise<void> {
    underWay += 1;
    try {
      const packed = packSigned(batch);
      const addresses = await pool.run(packed, { transferList: [packed.buffer] });
      for (const [index, waiting] of batch.entries()) {
        const address = addresses[index];
        if (address) waiting.resolve(address);
        else waiting.reject(new FailureError(fail('SIGNATURE_INVALID')));
        if (waiting.since !== undefined) watch?.recovered(waiting.since);
      }
    } catch (error) {
      for (const waiting of batch) waiting.reject(error);
    }
    underWay -= 1;
    sendGathered();
  }

  function sendGathered(): void {
    while (gathering.length > 0 && underWay < maxBatchesOfThread * threads) void send(gathering.splice(0, maxBatch));
  }

  return {
    recover({ message, signature }) {
      return new Promise((resolve, reject) => {
        if (gathering.length === 0) setImmediate(sendGathered);
        gathering.push({ message, signature, since: watch?.now(), resolve, reject });
      });
    },
    close: () => pool.destroy(),
  };
}
