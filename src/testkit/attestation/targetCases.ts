// Tables of targets that a policy refuses or accepts, a test each.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { AttestationCode } from '../../attestation/verify/failure.js';
import type { CheckId } from '../../attestation/verify/verdict/checks.js';
import type { Verdict } from '../../attestation/verify/verdict/verdict.js';
import { appraiseMock, type TargetChanges } from './mockTarget.js';

export type RefusedTarget = readonly [title: string, changes: TargetChanges, check: CheckId, code: AttestationCode];
export type AcceptedTarget = readonly [title: string, changes: TargetChanges];

/** `tcb.status TCB_STATUS_REFUSED`. */
export const failuresOf = ({ checks }: Verdict): readonly string[] =>
  checks.flatMap((check) => (check.status === 'fail' ? [`${check.id} ${check.code}`] : []));

export function refusesTargets(targets: readonly RefusedTarget[]): void {
  for (const [title, changes, check, code] of targets) {
    it(title, async () => {
      const verdict = await appraiseMock(changes);
      assert.ok(failuresOf(verdict).includes(`${check} ${code}`), JSON.stringify(verdict.checks, null, 1));
      assert.equal(verdict.verdict, 'rejected');
      assert.ok(!failuresOf(verdict).some((failure) => failure.endsWith('INTERNAL')));
    });
  }
}

export function acceptsTargets(targets: readonly AcceptedTarget[]): void {
  for (const [title, changes] of targets) {
    it(title, async () => {
      const verdict = await appraiseMock(changes);
      assert.deepEqual(failuresOf(verdict), []);
      assert.equal(verdict.verdict, 'accepted');
    });
  }
}
