// What a call ends with that has thrown: an error of Connect. What nobody expected is in the log.
import { failureFrom } from '../../failures/failureFrom.js';
import type { Log } from '../../log.js';
import { type Random, uuidOf } from '../../random.js';
import { type ConnectError, connectErrorOf } from './connectStatus.js';

export function refusalOf(
  thrown: unknown,
  path: string,
  { log, random }: { readonly log: Log; readonly random: Random },
): ConnectError {
  const failure = failureFrom(thrown, uuidOf(random));
  if (failure.code === 'INTERNAL')
    log.error({ event: 'rpc.failed', path, reference: failure.reference, err: thrown }, 'unexpected error');
  return connectErrorOf(failure);
}
