// Levels, warnings, and what a verdict says when something could not be looked at.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runtime } from '../../../testkit/attestation/mockEvents.js';
import { appraiseMock, goodAppCompose, goodStatement } from '../../../testkit/attestation/mockTarget.js';
import { failuresOf } from '../../../testkit/attestation/targetCases.js';
import { reportData } from '../reportData.js';

describe('appraise', () => {
  it('accepts a target that is right in everything, as identified', async () => {
    const verdict = await appraiseMock();
    assert.deepEqual(failuresOf(verdict), []);
    assert.equal(verdict.level, 'identified');
    assert.equal(verdict.verdict, 'accepted');
    assert.equal(verdict.facts.images?.length, 1);
    assert.deepEqual(verdict.facts.statement, goodStatement);
  });

  it('compares nothing without a policy, asks for a binding, and says so', async () => {
    const { level, required, verdict, warnings, checks } = await appraiseMock({ without: 'policy' });
    assert.deepEqual([level, required, verdict], ['bound', 'bound', 'accepted']);
    assert.ok(warnings.includes('No policy: the code was compared with nothing.'));
    assert.equal(checks.find(({ id }) => id === 'compose.hash')?.status, 'skip');
  });

  it('says first that another root than Intel’s proves nothing', async () => {
    assert.match((await appraiseMock()).warnings[0] ?? '', /^Nothing was proven/);
  });

  it('accepts nothing by an empty policy, because nothing pins code', async () => {
    const verdict = await appraiseMock({
      policy: (policy) => {
        for (const name of ['os', 'compose', 'app', 'statement']) delete policy[name];
      },
    });
    assert.deepEqual([verdict.level, verdict.verdict, failuresOf(verdict)], ['bound', 'rejected', []]);
  });

  it('a quote that does not verify leaves every other check as skipped, and the level at none', async () => {
    const verdict = await appraiseMock({ pki: { quote: { vendor: '00'.repeat(16) } } });
    assert.deepEqual(failuresOf(verdict), ['quote.format QUOTE_UNSUPPORTED']);
    assert.equal(verdict.level, 'none');
    const ok = verdict.checks.filter(({ status }) => status === 'ok').map(({ id }) => id);
    assert.deepEqual(ok, ['collateral.signature', 'collateral.freshness']);
  });

  it('a target that binds nothing of ours is genuine at most', async () => {
    const { checks, level } = await appraiseMock({
      evidence: { binding: { own: {} }, statement: undefined as never },
      td: { reportData: Buffer.from(await reportData({})).toString('hex') },
      policy: (policy) => {
        delete policy.statement;
      },
    });
    assert.equal(checks.find(({ id }) => id === 'binding.report_data')?.status, 'skip');
    assert.equal(level, 'genuine');
  });

  it('a check from outside that failed rejects, one that was skipped does not', async () => {
    const more = [{ id: 'dns.caa', status: 'fail', code: 'CAA_OTHER_ACCOUNT', detail: 'x' }] as const;
    assert.equal((await appraiseMock({ appraise: { more } })).verdict, 'rejected');
    assert.equal(
      (await appraiseMock({ appraise: { more: [{ id: 'dns.caa', status: 'skip', detail: 'x' }] } })).verdict,
      'accepted',
    );
  });

  for (const now of [Number.NaN, 1e300, -1]) {
    it(`rejects by a check at a time of ${now}, which is none`, async () => {
      const verdict = await appraiseMock({ pki: { now } });
      assert.deepEqual(failuresOf(verdict), ['collateral.freshness CLOCK_UNUSABLE']);
      assert.equal(verdict.verdict, 'rejected');
    });
  }

  it('lets no name of a stranger move a cursor in a detail', async () => {
    const composeFile = JSON.stringify({ services: { ['a\u001b[2J\u202e']: { image: 'x' } } });
    const { checks } = await appraiseMock({ appCompose: { ...goodAppCompose, docker_compose_file: composeFile } });
    const detail = checks.find(({ id }) => id === 'compose.images')?.detail;
    assert.equal(detail, 'Service a\ufffd[2J\ufffd runs x, not one by digest.');
  });

  it('fails DNS where the policy asks for CAA and it was not looked at', async () => {
    const verdict = await appraiseMock({
      policy: (policy) => {
        policy.tls = { caa: 'require' };
      },
    });
    assert.deepEqual(failuresOf(verdict), ['dns.caa CAA_MISSING']);
  });

  it('warns of GPUs, and of an OS image for development', async () => {
    const { warnings } = await appraiseMock({
      statement: { ...goodStatement, lanes: { cpu: 0, gpu: 2 } },
      events: (events) =>
        events.flatMap((event) =>
          event.event === 'boot-mr-done'
            ? [
                event,
                runtime(
                  'os-image-hash',
                  Buffer.from('0e09f2bcb510c682b461d16b97192c710886db582852991e05146291063f890b', 'hex'),
                ),
              ]
            : [event],
        ),
    });
    assert.equal(warnings.length, 3);
  });
});
