// The one Error class we throw. Its cause is for the log and never leaves the process.
import type { Failure } from './catalog.js';

export class FailureError extends Error {
  override readonly name = 'FailureError';
  constructor(
    readonly failure: Failure,
    options?: ErrorOptions,
  ) {
    super(failure.code, options);
  }
}
