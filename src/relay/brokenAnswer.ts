// What an upstream has done wrong, as a failure in our own words. Its bytes and the texts of libraries stay out of it.
import { fail } from '../failures/fail.js';
import { FailureError } from '../failures/failureError.js';

export const broken = (problem: string, cause?: unknown): FailureError =>
  new FailureError(fail('UPSTREAM_BROKEN', { problem }), { cause });

/** Of an exchange that had been sent already. */
export function brokenBy(error: unknown): FailureError {
  if (error instanceof FailureError) return error;
  const { code = '' } = (error ?? {}) as NodeJS.ErrnoException;
  if (code === 'HPE_HEADER_OVERFLOW') return broken('its head is too large', error);
  if (code.startsWith('HPE_')) return broken('it cannot be read', error);
  return broken('the connection to it broke', error);
}
