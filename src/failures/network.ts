// Failures of a front of the public network, before anything is sent there.
import type { Address } from '../ids.js';
import { failure } from './define.js';
import { inTime } from './words.js';

export const networkFailures = {
  /** Since the first start it has not said whose key ours is. */
  UPSTREAM_UNAVAILABLE: failure('transient', () => 'The prover network does not answer. Try again when it does.'),
  FLAVOUR_UNSUPPORTED: failure(
    'permanent',
    () => 'This front serves Reserved mode only: build the client with network_for(NetworkMode::Reserved).',
  ),
  STRATEGY_UNSUPPORTED: failure(
    'permanent',
    () =>
      'This front proves what is reserved for it: use strategy(FulfillmentStrategy::Reserved). With another strategy the network would give the request to others.',
  ),
  DEADLINE_TOO_NEAR: failure<{ deadlineAt: number; marginMs: number }>(
    'permanent',
    ({ deadlineAt, marginMs }) =>
      `The deadline ${inTime(deadlineAt)} is nearer than the ${marginMs / 1000} s that a proof takes at least. Ask with a later one, and check the client's clock.`,
  ),
  RESERVED_ELSEWHERE: failure<{ requester: Address; fulfiller: Address; owner: Address }>(
    'permanent',
    ({ requester, fulfiller, owner }) =>
      `The network has reserved the prover 0x${fulfiller} for 0x${requester}, not this one, which is 0x${owner}. Nothing was sent.`,
  ),
  ASSIGNED_ELSEWHERE: failure(
    'permanent',
    () => 'The proof request is not associated with a fulfiller with private proving enabled',
  ),
  /** Of a request that was being proved here. `error`: ProofRequestError, and `cause` its name. */
  NETWORK_GAVE_UP: failure<{ error: number; cause: string }>(
    'permanent',
    ({ cause }) => `The network has given this request up (${cause}), so it is not proved here any more.`,
  ),
  /** Its proof is at the network. */
  PROVED_ELSEWHERE: failure(
    'permanent',
    () => 'The network has a proof of this request that was not made here. It serves that proof itself.',
  ),
  PROVER_KEY: failure<{ address: Address }>(
    'permanent',
    ({ address }) =>
      `This key belongs to the prover (0x${address}): two users of one key take each other's nonces. Sign requests with another.`,
  ),
  /** `httpStatus`: what the store of the network has answered. */
  PROGRAM_STORE_REFUSED: failure<{ httpStatus: number }>(
    'permanent',
    ({ httpStatus }) =>
      `The store of the network did not take the program (HTTP ${httpStatus}). Its upload URL may have expired: begin again with CreateArtifact.`,
  ),
};
