// Failures between a front and the provers on other machines that work for it.
import { failure } from './define.js';

export const workerFailures = {
  /** It proves by other circuits, or is another version of this package. */
  WORKER_MISMATCHED: failure<{ what: 'version' | 'circuits'; front: string; worker: string }>(
    'permanent',
    ({ what, front, worker }) =>
      what === 'version'
        ? `This front is version ${front} and the worker is version ${worker}. Install the same on both machines.`
        : `This front proves the circuits ${front} and the worker ${worker}. Install the same version on both machines.`,
  ),
  /** Another process has registered under its name since, with the same certificate. */
  WORKER_REPLACED: failure<{ name: string }>(
    'permanent',
    ({ name }) =>
      `Another process works here as ${name} now. If this machine is a further one, give it a name of its own with --name.`,
  ),
  /** The front was started anew, or has not heard of it for longer than a lease. */
  WORKER_UNKNOWN: failure('transient', () => 'This front does not know that worker any more. It must register again.'),
  WORKER_NAME_TAKEN: failure<{ name: string }>(
    'transient',
    ({ name }) =>
      `A worker with another certificate works here as ${name}. Give this one another name with --name, or wait until that one has gone.`,
  ),
  /** What comes under it counts for nothing any more. */
  LEASE_LOST: failure('transient', () => 'This lease is not held any more. Its job is done elsewhere, or given up.'),
};
