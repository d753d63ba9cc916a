// The edge at which the file system's errors become Failures.
import { FailureError } from '../failures/failureError.js';
import { failureFrom } from '../failures/failureFrom.js';
import { systemRandom, uuidOf } from '../random.js';

export async function asFailure<T>(work: () => Promise<T>, random = systemRandom): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    if (thrown instanceof FailureError) throw thrown;
    throw new FailureError(failureFrom(thrown, uuidOf(random)), { cause: thrown });
  }
}
