// Each action of operators by its row in the table: its refusals, its dry run equal to its effect, its audit, its replay by `operation_id`, and
// its life over a restart; the same by gRPC and as JSON.
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { type ActRig, actRig, auditOf, codeOf, operationId, reason } from '../../../testkit/service/actRig.js';
import { pathOf } from '../../../testkit/service/adminCalls.js';
import type { Act, Acted } from '../../../testkit/service/operatorAct.js';
import { acts } from '../../../testkit/service/operatorActs.js';
import { signerActRig, signerActs } from '../../../testkit/service/signerActs.js';

type Start<W extends Acted> = (t: TestContext, act: Act<W>) => Promise<ActRig<W>>;

const shows = <W extends Acted>(act: Act<W>, start: Start<W>) =>
  describe(act.name, () => {
    it('does what its dry run says, which does nothing', async (t) => {
      const { world, call, callGrpc } = await start(t, act);
      const given = await act.given(world());
      const before = act.seen(world(), given);
      const dry = await call(act, given, { dryRun: true });
      assert.equal(dry.status, 200, JSON.stringify(dry.said));
      assert.deepEqual(await callGrpc(act, given, { dryRun: true }), dry.said);
      await world().settle();
      assert.deepEqual(act.seen(world(), given), before);
      assert.deepEqual(auditOf(world()), []);
      assert.deepEqual([dry.said.changed.applied, Number(dry.said.changed.feed)], [false, 0]);
      const done = await call(act, given);
      assert.deepEqual(done.said.changed.effects, dry.said.changed.effects);
      assert.ok(done.said.changed.applied && done.said.changed.effects.length > 0);
      assert.notDeepEqual(act.seen(world(), given), before);
    });

    it('leaves its audit with its effect: who, why, what, and the number that was answered', async (t) => {
      const { world, call } = await start(t, act);
      const given = await act.given(world());
      const { said } = await call(act, given, { operationId });
      const [entry, ...others] = auditOf(world());
      assert.equal(others.length, act.parts ?? 0);
      assert.deepEqual(
        [entry?.operator, entry?.isClaimed, entry?.action, entry?.reason, entry?.operationId, entry?.n],
        ['ada', true, act.name, reason, operationId, Number(said.changed.feed)],
      );
      assert.deepEqual(entry?.effects, said.changed.effects);
    });

    it('is done once for one operation id, also over a restart, and an id is for one call', async (t) => {
      const { world, call, callGrpc, reborn } = await start(t, act);
      const given = await act.given(world());
      const [first, second] = await Promise.all([
        call(act, given, { operationId }),
        call(act, given, { operationId: operationId.toUpperCase() }),
      ]);
      assert.equal(first.status, 200, JSON.stringify(first.said));
      assert.deepEqual(second.said.changed, first.said.changed);
      const after = act.seen(world(), given);
      await reborn();
      assert.deepEqual(act.seen(world(), given), after, 'the restart has undone it');
      const third = await call(act, given, { operationId });
      assert.deepEqual(third.said.changed, first.said.changed);
      assert.deepEqual(await callGrpc(act, given, { operationId }), third.said);
      assert.equal(auditOf(world()).length, 1 + (act.parts ?? 0));
      const other = acts.find(({ method }) => method !== act.method) as Act;
      assert.equal(codeOf(await call(other, {}, { operationId })), 'OPERATION_REUSED');
    });

    for (const [code, refusedIn] of act.refused)
      it(`is refused as ${code}, dry or not, and leaves nothing`, async (t) => {
        const { world, call, callGrpc } = await start(t, act);
        const given = await refusedIn(world());
        const before = act.seen(world(), given);
        const audited = auditOf(world()).length;
        for (const dryRun of [true, false]) {
          const refused = await call(act, given, { dryRun });
          assert.equal(codeOf(refused), code);
          assert.equal(await callGrpc(act, given, { dryRun }), refused.said.message);
        }
        assert.deepEqual(act.seen(world(), given), before);
        assert.equal(auditOf(world()).length, audited);
      });

    it('asks for a reason, of a length and in a form that can be shown', async (t) => {
      const { world, call } = await start(t, act);
      const given = await act.given(world());
      for (const bad of ['', '  a ', 'x'.repeat(201), 'clear \x1b[2J', 'two\nlines'])
        assert.equal(codeOf(await call(act, given, { reason: bad })), 'NOT_UNDERSTOOD', bad);
      assert.equal(codeOf(await call(act, given, { operationId: 'mine' })), 'NOT_UNDERSTOOD');
      assert.deepEqual(auditOf(world()), []);
    });
  });

for (const act of acts) shows(act, actRig);
for (const act of signerActs) shows(act, signerActRig);

describe('every action', () => {
  it('is in the table', async () => {
    const { adminMethods } = await import('../service.js');
    // Upkeep and Drain act on the service and not on what it does: they have tests of their own.
    const readOnly =
      /\/(List|Get|History|Counts|Status|Series|Failures|Config|Describe|AuditList|Usage|Verify)$|\.Upkeep\/|\.Service\/Drain$/;
    const named = new Set([...acts, ...signerActs].map(({ method }) => pathOf(method)));
    const paths = adminMethods({} as never).map(({ path }) => path);
    assert.deepEqual(
      paths.filter((path) => !readOnly.test(path) && !named.has(path)),
      [],
    );
  });
});
