// Failures of proof requests: why one is not taken, and why one ends without a proof.
import type { Address, RequestId } from '../ids.js';
import { type FormerFailure, failure } from './define.js';
import { inTime, sentences } from './words.js';

export const requestFailures = {
  REQUEST_NOT_FOUND: failure<{ requestId: RequestId }>(
    'permanent',
    ({ requestId }) => `No request 0x${requestId} is known here.`,
  ),
  /** The request of another address. */
  REQUEST_NOT_OWNED: failure<{ requestId: RequestId }>(
    'permanent',
    ({ requestId }) =>
      `The request 0x${requestId} belongs to another address than the one that signed this. Sign with the key that asked for it.`,
  ),
  /** Too late to cancel. */
  REQUEST_ENDED: failure<{ requestId: RequestId; state: 'fulfilled' | 'failed' | 'expired' }>(
    'permanent',
    ({ requestId, state }) => `The request 0x${requestId} is ${state} already: there is nothing left to cancel.`,
  ),
  /** The same stdin was asked for before with another body. */
  REQUEST_CONFLICT: failure<{ requestId: RequestId; field: string }>(
    'permanent',
    ({ requestId, field }) =>
      `This stdin was already submitted as request 0x${requestId} with another ${field}. Upload it again for a new request.`,
  ),
  MODE_UNAVAILABLE: failure<{ mode: string; reason: string }>(
    'permanent',
    ({ mode, reason }) => `This service cannot make ${mode} proofs: ${reason}.`,
  ),
  DEADLINE_PASSED: failure<{ deadlineAt: number }>(
    'permanent',
    ({ deadlineAt }) =>
      `The deadline ${inTime(deadlineAt)} has passed. Ask with a later one, and check the client's clock.`,
  ),
  QUEUE_FULL: failure<{ limit: number }>(
    'transient',
    ({ limit }) => `The queue is full (${limit} open requests). Try again later.`,
  ),
  /** One address has as many open requests as it may. */
  REQUESTER_QUEUE_FULL: failure<{ requester: Address; limit: number }>(
    'transient',
    ({ requester, limit }) =>
      `The address 0x${requester} has ${limit} open requests, the most that one address may have. Try again when some have ended.`,
  ),
  /** Two engines died on this request; `lastFailure` is how the second did. Absent in records of earlier releases. */
  POISONOUS: failure<{ engineDeaths: number; lastFailure?: FormerFailure }>(
    'permanent',
    ({ engineDeaths, lastFailure }, sentenceOf) =>
      sentences(`${engineDeaths} engines died while they worked on this request, so it is not tried again`, [
        lastFailure && `The last reason: ${sentenceOf(lastFailure)}`,
      ]),
  ),
  /** `last` is the code of `lastFailure`, which records of earlier releases lack. `repeated`: the same in all words as the one before. */
  ATTEMPTS_EXHAUSTED: failure<{ attempts: number; last: string; lastFailure?: FormerFailure; repeated?: true }>(
    'permanent',
    ({ attempts, last, lastFailure, repeated }, sentenceOf) =>
      sentences(
        repeated
          ? `All ${attempts} attempts failed with ${last} and in the same words, so there is no further one`
          : `All ${attempts} attempts failed, the last with ${last}`,
        [lastFailure && `The last reason: ${sentenceOf(lastFailure)}`],
      ),
  ),
  CANCELLED: failure('permanent', () => 'The request was cancelled.'),
};
