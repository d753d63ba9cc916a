// Converts anything thrown by a dependency. A full disk is named; all else is INTERNAL with the given log reference.
import type { Failure } from './catalog.js';
import { fail } from './fail.js';
import { FailureError } from './failureError.js';

const diskFullCodes = new Set(['ENOSPC', 'EDQUOT']);

export function failureFrom(thrown: unknown, reference: string): Failure {
  if (thrown instanceof FailureError) return thrown.failure;
  const code = (thrown as { code?: unknown } | null)?.code;
  if (typeof code === 'string' && diskFullCodes.has(code)) return fail('DISK_FULL');
  // LMDB reports a full map or disk as a number or in its message only.
  if (thrown instanceof Error && /ENOSPC|No space left|Disk quota exceeded|MDB_MAP_FULL/.test(thrown.message))
    return fail('DISK_FULL');
  if (thrown instanceof Error && thrown.name === 'AbortError') return fail('ABORTED');
  return fail('INTERNAL', { reference });
}
