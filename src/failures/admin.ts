// Failures of calls of operators. They come by listeners of their own, so the SDK meets none of them.
import { failure } from './define.js';

/** Of requests and deliveries. */
const isWhole = (digits: string) => digits.length === 64;

export const adminFailures = {
  /** A field of a call, or an option of the command line that became one. */
  NOT_UNDERSTOOD: failure<{ field: string; problem: string }>(
    'permanent',
    ({ field, problem }) => `${field} is not understood: ${problem}.`,
  ),
  /** `digits`: hex, bounded by the caller. */
  REQUEST_UNKNOWN: failure<{ digits: string }>('permanent', ({ digits }) =>
    isWhole(digits)
      ? `No request here has the id ${digits}: there never was one, or its record was deleted a while after its end.`
      : `No request here has an id that begins or ends with ${digits}. Of ended ones only the last 20,000 are searched by their last digits: give the whole id.`,
  ),
  AMBIGUOUS_ID: failure<{ digits: string; candidates: readonly string[] }>(
    'permanent',
    ({ digits, candidates }) => `Several ids begin or end with ${digits}: ${candidates.join(', ')}. Give more digits.`,
  ),
  /** Also where nothing is signed. */
  SIGNER_UNKNOWN: failure<{ digits: string }>(
    'permanent',
    ({ digits }) => `No signing key here has an id that begins or ends with ${digits}.`,
  ),
  /** Also where the service is no front of a network. */
  DELIVERY_UNKNOWN: failure<{ digits: string }>('permanent', ({ digits }) =>
    isWhole(digits)
      ? `No delivery here has the id ${digits}: there never was one, or its record was deleted a while after its end.`
      : `No delivery here has an id that begins or ends with ${digits}. Of ended ones only some are searched by their last digits: give the whole id.`,
  ),
  /** `digits`: hex, bounded by the caller. */
  PROGRAM_UNKNOWN: failure<{ digits: string }>(
    'permanent',
    ({ digits }) => `No program is registered here under a hash that begins or ends with ${digits}.`,
  ),
  PROGRAM_IN_USE: failure<{ vkHash: string; count: number }>(
    'permanent',
    ({ vkHash, count }) =>
      `Program ${vkHash} is needed by ${count} open requests. Cancel them, or wait for their end: sealed-prover admin requests --program ${vkHash}.`,
  ),
  LANE_UNKNOWN: failure<{ lane: string; lanes: readonly string[] }>(
    'permanent',
    ({ lane, lanes }) => `There is no lane ${lane} here. There are: ${lanes.join(', ') || 'none'}.`,
  ),
  /** What an operator looked at has changed since. */
  STALE_VIEW: failure<{ what: 'Request' | 'Delivery' | 'Signer'; id: string; seq: number }>(
    'permanent',
    ({ what, id, seq }) => `${what} ${id} has moved on: its last transition is now number ${seq}. Look again.`,
  ),
  /** `action`: a word of ours. */
  NOTHING_TO_DO: failure<{ action: string; state: string }>(
    'permanent',
    ({ action, state }) => `There is nothing to do for ${action}: it is ${state}.`,
  ),
  /** Of actions on many: other requests fit than were confirmed. */
  COUNT_DIFFERS: failure<{ confirmed: number; found: number }>(
    'permanent',
    ({ confirmed, found }) =>
      `${found} requests fit now, and ${confirmed} were confirmed. Look again, and confirm ${found}.`,
  ),
  INPUT_GONE: failure<{ requestId: string; state: string }>(
    'permanent',
    ({ requestId, state }) =>
      `Request ${requestId} is ${state}, and its private input was deleted with its end: its client must ask again. With --hold-failed such requests wait for an operator before they end.`,
  ),
  /** `work`: modes of proofs, or stages. */
  LAST_LANE: failure<{ lane: string; work: readonly string[] }>(
    'permanent',
    ({ lane, work }) =>
      `Lane ${lane} is the last one that takes work of these kinds: ${work.join(', ')}. With --force it is done all the same, and such requests wait.`,
  ),
  /** A program is set up and freed on a lane that has nothing else to do. */
  LANE_NOT_READY: failure<{ lane: string; state: string }>(
    'permanent',
    ({ lane, state }) =>
      `Lane ${lane} is ${state}, and a program is set up or freed only on one that is ready. Ask again when it is. Drained, it is given nothing new meanwhile: sealed-prover admin lane ${lane} drain.`,
  ),
  LANE_KEEPS_NONE: failure<{ lane: string }>(
    'permanent',
    ({ lane }) =>
      `Lane ${lane} keeps no programs between its jobs. Those do that prove or make keys on this machine, and a worker decides by itself.`,
  ),
  /** Several files are registered under one hash, and no lane has got the key from any of them yet. */
  PROGRAM_UNCERTAIN: failure<{ vkHash: string; count: number }>(
    'permanent',
    ({ vkHash, count }) =>
      `${count} different programs are registered under ${vkHash}, and which one is right is not known before the first proof of it. Ask again then.`,
  ),
  /** The operation id of another call. */
  OPERATION_REUSED: failure<{ operationId: string }>(
    'permanent',
    ({ operationId }) => `Operation ${operationId} was another action. Give each a UUID of its own.`,
  ),
  /** `problem`: a sentence of ours. */
  FOLDER_UNUSABLE: failure<{ problem: string }>('permanent', ({ problem }) => problem),
  /** Of another service, or of this one before a backup was restored. */
  CURSOR_AHEAD: failure<{ after: string; newest: number }>(
    'permanent',
    ({ after, newest }) =>
      `The feed has not come to number ${after} yet: its last is ${newest}. Watch from 0, which is now, and list anew.`,
  ),
  WATCHERS_FULL: failure<{ limit: number }>(
    'transient',
    ({ limit }) => `${limit} watchers follow the feed already. Close one of them.`,
  ),
  /** One answer to a missing credential and to a wrong one. */
  OPERATOR_UNKNOWN: failure(
    'permanent',
    () =>
      'Operators are asked for a token or a client certificate of the list here, and this call has none. Send the header authorization: Bearer TOKEN; with the command line, --token-file.',
  ),
  /** Names of roles. */
  NOT_ALLOWED: failure<{ needed: string; role: string }>(
    'permanent',
    ({ needed, role }) => `This takes the role ${needed}, and the caller has ${role}. Ask somebody who has it.`,
  ),
  /** DNS rebinding, or a name that nobody has told the service. */
  HOST_UNKNOWN: failure(
    'permanent',
    () =>
      'This listener has another name. Call it by an address, by localhost, or by a name that is in its certificate.',
  ),
  CROSS_SITE: failure('permanent', () => 'A page of another site may ask nothing here.'),
  CALLS_TOO_MANY: failure<{ limit: number }>(
    'transient',
    ({ limit }) => `An operator has ${limit} calls a second here. Ask again a moment later.`,
  ),
  /** A page token of another filter, of another service, or made up. */
  TOKEN_EXPIRED: failure(
    'permanent',
    () => 'This page token belongs to another list. Begin again with the first page, with the filter that you want.',
  ),
};
