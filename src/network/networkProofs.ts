// A request that is open here and fulfilled at the network, not by this process: that proof is fetched, and taken as ours when it verifies.
import type { Clock } from '../clock.js';
import { ProverNetwork } from '../gen/network/network_pb.js';
import { bytesOf, type RequestId } from '../ids.js';
import type { Log } from '../log.js';
import { isTerminal, type RequestView } from '../machines/request/view.js';
import type { TakeProof } from '../requests/takeProof.js';
import { allowedUrl, openUrl, UrlError } from './openUrl.js';
import type { RequestEndsParameters } from './requestEnds.js';
import { triedAgain } from './triedAgain.js';
import type { Upstream } from './upstream.js';

export interface NetworkProofs {
  /** `giveUp` is called where that proof cannot be had, or is none. Does nothing while one is being taken for this request. */
  take(localId: RequestId, giveUp: () => void): void;
  stop(): void;
}

export interface NetworkProofsParameters extends RequestEndsParameters {
  readonly upstream: Pick<Upstream, 'read'>;
  readonly clock: Clock;
  readonly log: Log;
  /** The hosts that its URL may name. */
  readonly hosts: readonly string[];
  readonly takeProof: TakeProof;
}

/** It is in memory as a whole. A core proof may be larger: its client fetches that from the network itself. */
const mostBytes = 16 * 2 ** 20;

export function createNetworkProofs(parameters: NetworkProofsParameters): NetworkProofs {
  const { upstream, clock, log, hosts, takeProof, requestView, onRequestChange } = parameters;
  const underWay = new Set<RequestId>();
  const stopping = new AbortController();
  const { signal } = stopping;

  /** Presigned, for a while. */
  async function placeOf(localId: RequestId): Promise<string> {
    const { getProofRequestStatus } = ProverNetwork.method;
    const { proofUri } = await upstream.read(getProofRequestStatus, { requestId: bytesOf(localId) });
    if (proofUri === undefined) throw new UrlError('the network names no place of it', false);
    allowedUrl(proofUri, hosts);
    return proofUri;
  }

  /** In memory, and so one after the other: after a restored backup it may be all that are open. */
  const inTurn = createTurns();
  const fetchAndTake = (localId: RequestId) =>
    inTurn(async () => {
      if (signal.aborted) return false;
      const place = await placeOf(localId);
      const bytes = await triedAgain({ clock, signal }, async () => {
        const { body } = await openUrl(place, { hosts, signal });
        return wholeOf(body);
      });
      return takeProof(localId, bytes);
    });

  /** Resolves with the first view that fits, and never when the service stops before. */
  function became(localId: RequestId, fits: (view: RequestView) => boolean): Promise<RequestView> {
    return new Promise((resolve) => {
      const known = requestView(localId);
      if (known !== undefined && fits(known)) return resolve(known);
      const unlisten = onRequestChange((view) => {
        if (view.request.requestId !== localId || !fits(view)) return;
        leave();
        resolve(view);
      });
      const leave = () => {
        unlisten();
        signal.removeEventListener('abort', leave);
      };
      signal.addEventListener('abort', leave);
    });
  }

  async function settle(localId: RequestId): Promise<void> {
    // Where it cannot be had, nothing is executed for it.
    await placeOf(localId);
    // What it is verified against: the public values of an execution of here.
    await became(localId, (view) => view.state === 'proving' || view.state === 'held' || isTerminal(view));
    if (await fetchAndTake(localId))
      log.info({ event: 'network.proof_taken', requestId: localId }, 'the proof that the network has is verified here');
  }

  async function take(localId: RequestId, giveUp: () => void): Promise<void> {
    await settle(localId).catch((error: unknown) => {
      if (signal.aborted) return;
      const reason = error instanceof Error ? error.message : String(error);
      log.warn({ event: 'network.proof_left', requestId: localId, reason }, 'its client fetches it from the network');
    });
    // One that is made may be verified right now, whoever made it.
    const view = await became(localId, ({ state }) => state !== 'verifying');
    if (!isTerminal(view)) giveUp();
  }

  return {
    take(localId, giveUp) {
      if (underWay.has(localId)) return;
      underWay.add(localId);
      void take(localId, giveUp).finally(() => underWay.delete(localId));
    },
    stop: () => stopping.abort(),
  };
}

function createTurns() {
  let last: Promise<unknown> = Promise.resolve();
  return <T>(work: () => Promise<T>): Promise<T> => {
    const mine = last.then(work);
    last = mine.catch(() => {});
    return mine;
  };
}

async function wholeOf(body: AsyncIterable<Buffer>): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let length = 0;
  try {
    for await (const piece of body) {
      length += piece.byteLength;
      if (length > mostBytes) throw new UrlError(`it has more than ${mostBytes} bytes`, false);
      pieces.push(piece);
    }
  } catch (error) {
    if (error instanceof UrlError) throw error;
    throw new UrlError('it broke off', true);
  }
  return Buffer.concat(pieces);
}
