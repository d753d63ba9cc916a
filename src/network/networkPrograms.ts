// Programs that only the network has: whether their bytes can be had from there, and having them for the requester who asks for a proof.
import type { Clock, SteadyMs } from '../clock.js';
import { fail } from '../failures/fail.js';
import { FailureError } from '../failures/failureError.js';
import { sentenceOf } from '../failures/sentenceOf.js';
import type { Program } from '../gen/network/network_pb.js';
import type { Address, VkHash } from '../ids.js';
import type { Store } from '../store/environment.js';
import { within } from '../within.js';
import { type FetchProgramParameters, fetchProgram } from './fetchProgram.js';
import { httpsUrlOf, openUrl, UrlError } from './openUrl.js';
import { mayPass, UpstreamError } from './upstream.js';

export interface NetworkPrograms {
  /** Its bytes lie where they may be fetched from. False, where that is not known: then its client brings them. */
  canBeHad(program: Pick<Program, 'programUri'>): Promise<boolean>;
  /**
   * Afterwards it is here for this requester. Fails with PROGRAM_NOT_FOUND, PROGRAMS_FULL, and for now with UPSTREAM_UNAVAILABLE or a want of
   * room.
   */
  bring(vkHash: VkHash, requester: Address): Promise<void>;
  stop(): void;
}

export interface NetworkProgramsParameters extends FetchProgramParameters {
  readonly store: Store;
  readonly clock: Clock;
}

/** So long a call waits. What is fetched goes on, and the client's next try finds it (ms). */
const waitMs = 30_000;
const probeMs = 10_000;
/** What a look has found holds so long (ms). */
const lookedMs = 60_000;
const mostLooked = 1_000;
/** Each may be as large as a program. */
const mostAtOnce = 4;

export function createNetworkPrograms(parameters: NetworkProgramsParameters): NetworkPrograms {
  const { store, clock, log, hosts } = parameters;
  const stopping = new AbortController();
  const flights = new Map<string, Promise<void>>();
  const looked = new Map<string, { readonly at: SteadyMs; readonly found: Promise<boolean> }>();

  async function look(uri: string): Promise<boolean> {
    const leaving = new AbortController();
    const cancel = clock.wakeIn(probeMs, () => leaving.abort());
    try {
      const signal = AbortSignal.any([stopping.signal, leaving.signal]);
      const { body } = await openUrl(httpsUrlOf(uri, hosts), { hosts, signal });
      body.destroy();
      return true;
    } catch (error) {
      if (error instanceof UrlError) return false;
      throw error;
    } finally {
      cancel();
    }
  }

  /** Its next client brings its own: the network's is none that could be proved. */
  async function setAside(vkHash: VkHash, reason: string): Promise<never> {
    log.warn({ event: 'network.program_unfit', vkHash, reason }, "the network's bytes of a program cannot be used");
    await store.write((tx) => tx.put('networkPrograms', [vkHash], false));
    throw new FailureError(fail('PROGRAM_NOT_FOUND', { vkHash }));
  }

  async function fetch(vkHash: VkHash, requester: Address): Promise<void> {
    try {
      await fetchProgram(parameters, { vkHash, requester }, stopping.signal);
    } catch (error) {
      if (error instanceof UpstreamError)
        throw new FailureError(
          mayPass(error.code) ? fail('UPSTREAM_UNAVAILABLE') : fail('PROGRAM_NOT_FOUND', { vkHash }),
        );
      if (error instanceof UrlError) return error.mayPass ? unavailable() : setAside(vkHash, error.message);
      if (
        error instanceof FailureError &&
        error.failure.retry === 'permanent' &&
        error.failure.code !== 'PROGRAMS_FULL'
      )
        return setAside(vkHash, sentenceOf(error.failure));
      throw error;
    }
  }

  return {
    canBeHad({ programUri }) {
      const before = looked.get(programUri);
      if (before !== undefined && clock.steady() - before.at < lookedMs) return before.found;
      if (looked.size >= mostLooked) looked.clear();
      const found = look(programUri);
      looked.set(programUri, { at: clock.steady(), found });
      return found;
    },
    async bring(vkHash, requester) {
      const key = `${vkHash}:${requester}`;
      if (!flights.has(key)) {
        if (flights.size >= mostAtOnce) unavailable();
        const flight = fetch(vkHash, requester).finally(() => flights.delete(key));
        flight.catch(() => {});
        flights.set(key, flight);
      }
      await within(clock, waitMs, flights.get(key) as Promise<void>);
      if (flights.has(key)) unavailable();
    },
    stop: () => stopping.abort(),
  };
}

function unavailable(): never {
  throw new FailureError(fail('UPSTREAM_UNAVAILABLE'));
}
