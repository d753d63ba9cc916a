// A step that was refused on the way to a verdict, as the check that it belongs to.
import { failureOf } from '../verify/failure.js';
import { type Check, type CheckId, failedCheck } from '../verify/verdict/checks.js';

/** `id`: where the code itself does not say. */
export function refusedCheck(error: unknown, id: CheckId): Check {
  const { code, detail } = failureOf(error);
  return failedCheck(code === 'BODY_KEY_WRONG' ? 'binding.report_data' : id, code, detail);
}
