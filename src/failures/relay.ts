// Failures of a relay: of the upstream behind it, and of its own bounds.
import { failure } from './define.js';

export const relayFailures = {
  /** No connection to it could be made. `problem` is in our own words. */
  UPSTREAM_UNREACHABLE: failure<{ problem: string }>(
    'transient',
    ({ problem }) => `The server behind this one cannot be reached: ${problem}. Try again later.`,
  ),
  /** It has answered with something that is no whole answer. */
  UPSTREAM_BROKEN: failure<{ problem: string }>(
    'transient',
    ({ problem }) => `The server behind this one gave no whole answer: ${problem}. Try again later.`,
  ),
  RELAY_BUSY: failure<{ limit: number }>(
    'transient',
    ({ limit }) => `${limit} exchanges are under way here, and there is room for no more. Try again in a moment.`,
  ),
  /** A request that has been here before. */
  RELAY_LOOP: failure(
    'permanent',
    () => 'This request has come back to where it was passed on: the server behind this one is this one again.',
  ),
  BODY_TOO_LARGE: failure<{ limitBytes: number }>(
    'permanent',
    ({ limitBytes }) => `The body has more than the ${limitBytes} bytes that are taken here.`,
  ),
  /** The longest time that an exchange may take here. */
  RELAY_DEADLINE: failure<{ limitMs: number }>(
    'transient',
    ({ limitMs }) => `The exchange took longer than the ${Math.round(limitMs / 1000)} s that it may take here.`,
  ),
};
