// What became of a call whose answer was lost: by the id that it would have, then by the requester's list.
import type { Clock } from '../clock.js';
import { ProverNetwork } from '../gen/network/network_pb.js';
import { bytesOf, parseRequestId, type RequestId } from '../ids.js';
import type { IntentRecord } from './intents.js';
import { pageSize } from './listAssigned.js';
import type { IntentTrace } from './networkWatch.js';
import { type Upstream, UpstreamError } from './upstream.js';

/** A request may be listed with an earlier time than ours (s). */
export const clocksApartSeconds = 300n;
const mostPages = 100;
/** A nonce that is used says that something was accepted. Lists may lag behind it for so long (ms). */
const looksMs = [1_000, 3_000, 6_000] as const;
const notFound = 5;

export interface FindParameters {
  readonly upstream: Pick<Upstream, 'read'>;
  readonly clock: Clock;
}

export interface FoundRequest {
  readonly id: RequestId;
  readonly how: IntentTrace;
}

/** Undefined: it was not accepted, as far as the network says. Rejects with an UpstreamError when it says nothing. */
export async function findRequest(parameters: FindParameters, intent: IntentRecord): Promise<FoundRequest | undefined> {
  const { upstream, clock } = parameters;
  const address = bytesOf(intent.submission.requester);
  for (const pauseMs of [0, ...looksMs]) {
    if (pauseMs > 0) await new Promise<void>((resolve) => clock.wakeIn(pauseMs, resolve));
    const candidate = await byCandidate(upstream, intent);
    if (candidate !== undefined) return { id: candidate, how: 'candidate' };
    const listed = await byList(upstream, intent);
    if (listed !== undefined) return { id: listed, how: 'list' };
    const { nonce } = await upstream.read(ProverNetwork.method.getNonce, { address }, 0);
    if (nonce <= BigInt(intent.nonce)) return undefined;
  }
  return undefined;
}

async function byCandidate(upstream: FindParameters['upstream'], intent: IntentRecord): Promise<RequestId | undefined> {
  const { getProofRequestDetails } = ProverNetwork.method;
  try {
    const { request } = await upstream.read(getProofRequestDetails, { requestId: bytesOf(intent.candidateId) }, 0);
    return request?.stdinUri === intent.stdinUri ? intent.candidateId : undefined;
  } catch (error) {
    if (error instanceof UpstreamError && error.code === notFound) return undefined;
    throw error;
  }
}

/** The oldest one with this input. Later ones are duplicates. */
async function byList(upstream: FindParameters['upstream'], intent: IntentRecord): Promise<RequestId | undefined> {
  const { requester, vkHash } = intent.submission;
  const from = BigInt(Math.floor(intent.at / 1000)) - clocksApartSeconds;
  let oldest: { at: bigint; id: RequestId } | undefined;
  for (let page = 1; page <= mostPages; page += 1) {
    const { requests } = await upstream.read(
      ProverNetwork.method.getFilteredProofRequests,
      { requester: bytesOf(requester), vkHash: bytesOf(vkHash), from, limit: pageSize, page },
      0,
    );
    for (const { stdinUri, requestId, createdAt } of requests) {
      const id = parseRequestId(requestId);
      if (stdinUri !== intent.stdinUri || id === undefined) continue;
      if (oldest === undefined || createdAt < oldest.at) oldest = { at: createdAt, id };
    }
    if (requests.length < pageSize) break;
  }
  return oldest?.id;
}
