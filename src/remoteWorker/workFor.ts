// Works for a front until it is stopped: registers, lives an epoch, and registers again. It holds no key but that of its certificate, and
// calls nobody but the front.
import type { Clock } from '../clock.js';
import { Work } from '../gen/work/v1/work_pb.js';
import type { Lane } from '../lanes/lane.js';
import type { Log } from '../log.js';
import { pause } from '../pause.js';
import { liveEpoch } from './epoch.js';
import { type FrontLink, LinkFailed } from './frontLink.js';
import type { Scratch } from './inputs.js';

export interface WorkParameters {
  /** A new link, by the certificate of now. */
  readonly connect: () => FrontLink;
  readonly name: string;
  /** Of this package, and of the circuits that it proves. */
  readonly version: string;
  readonly circuits: string;
  /** Started, and stopped by the caller. */
  readonly lanes: readonly Lane[];
  readonly scratch: Scratch;
  readonly clock: Clock;
  readonly log: Log;
  /** Called with each epoch that begins, and when the front cannot be had, with the reason. */
  readonly onNews: (news: WorkNews) => void;
}

export type WorkNews = { readonly kind: 'registered' } | { readonly kind: 'away'; readonly reason: string };

const registerTimeoutMs = 10_000;
const againMs = 2_000;

/** Resolves when nothing is worked on any more. Rejects with a LinkFailed that only an operator can mend; its message is for people. */
export async function workFor(about: WorkParameters, stopped: AbortSignal): Promise<void> {
  const { connect, name, version, circuits, clock, log, onNews } = about;
  while (!stopped.aborted) {
    const link = connect();
    try {
      const options = { signal: stopped, timeoutMs: registerTimeoutMs };
      const granted = await link.call(Work.method.register, { name, version, circuits }, options);
      log.info({ event: 'work.registered', epoch: granted.epoch }, 'the front has taken this worker');
      onNews({ kind: 'registered' });
      await liveEpoch({ ...about, link, granted }, stopped);
    } catch (error) {
      if (!(error instanceof LinkFailed) || error.isFinal) throw error;
      if (stopped.aborted) return;
      log.warn({ event: 'work.away', err: error }, 'the front cannot be had');
      onNews({ kind: 'away', reason: error.message });
      await pause(clock, againMs, stopped);
    } finally {
      link.close();
    }
  }
}
