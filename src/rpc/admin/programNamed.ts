// Which program is meant by some digits of its hash, and who has registered it.
import { fail } from '../../failures/fail.js';
import { FailureError } from '../../failures/failureError.js';
import { parseVkHash, type VkHash } from '../../ids.js';
import type { ProgramRecord } from '../../store/buckets.js';
import type { AdminDependencies } from './dependencies.js';

/** So many of them are named when several fit. */
const mostCandidates = 5;
const mostRegistrations = 50;

export interface NamedProgram {
  readonly vkHash: VkHash;
  /** One at least, the confirmed one first. */
  readonly registrations: readonly [ProgramRecord, ...ProgramRecord[]];
}

/** Throws NOT_UNDERSTOOD, PROGRAM_UNKNOWN, AMBIGUOUS_ID. */
export async function programNamed(
  text: string,
  { browsePrograms }: Pick<AdminDependencies, 'browsePrograms'>,
): Promise<NamedProgram> {
  const whole = parseVkHash(text);
  const digits = whole ?? text.toLowerCase().replace(/^(0x|…)/, '');
  if (!/^[0-9a-f]{6,64}$/.test(digits)) {
    const problem = 'give all 64 hex digits of the hash of its key, the first 8 or more, or the last 6 or more';
    throw new FailureError(fail('NOT_UNDERSTOOD', { field: 'vk_hash', problem }));
  }
  const candidates = whole === undefined ? await browsePrograms.byDigits(digits, mostCandidates) : [whole];
  const [vkHash, ...others] = candidates;
  if (others.length > 0) throw new FailureError(fail('AMBIGUOUS_ID', { digits, candidates }));
  const [first, ...rest] = vkHash === undefined ? [] : await browsePrograms.registrations(vkHash, mostRegistrations);
  if (vkHash === undefined || first === undefined) throw new FailureError(fail('PROGRAM_UNKNOWN', { digits }));
  return { vkHash, registrations: [first, ...rest] };
}
