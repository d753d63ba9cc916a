// The methods of upkeep by both transports: what they do, what they are refused with, and that the log goes back by itself.
import assert from 'node:assert/strict';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Role } from '../../../gen/admin/v1/access_pb.js';
import { Artifacts } from '../../../gen/admin/v1/artifacts_pb.js';
import { Upkeep } from '../../../gen/admin/v1/upkeep_pb.js';
import type { ArtifactId } from '../../../ids.js';
import { createLog } from '../../../log.js';
import { registerUpkeepMetrics } from '../../../metrics/upkeepMetrics.js';
import { createUpkeep } from '../../../service/upkeep.js';
import { sampleArtifactId } from '../../../testkit/sampleIds.js';
import { callGrpc, callJson, pathOf, post } from '../../../testkit/service/adminCalls.js';
import { adminPartsOf, startAdmin } from '../../../testkit/service/adminWorld.js';
import { temporaryFolder } from '../../../testkit/temporaryFolder.js';
import { createWorld, requester } from '../../../testkit/world/world.js';
import { checkService } from './checkService.js';

const because = (more: object = {}) => ({ reason: 'it stalls', ...more });
const hour = 3_600_000;

describe('upkeep', () => {
  it('makes a backup, and refuses with a sentence where it cannot', async (t) => {
    const world = await createWorld();
    t.after(() => world.end());
    const to = await startAdmin(t, world);
    const folder = join(temporaryFolder('backup'), 'here');
    const made = await callJson(to, Upkeep.method.backup, { folder });
    assert.ok(made.files >= 1 && made.sizeBytes > 0n && existsSync(join(folder, 'manifest.json')));
    const again = await post(to, pathOf(Upkeep.method.backup), JSON.stringify({ folder }));
    assert.equal(again.status, 400);
    assert.match(JSON.stringify(again.body), /FOLDER_UNUSABLE/);
    assert.match(JSON.stringify(again.body), /is there already/);
  });

  it('looks through what a running service has, the same by gRPC and as JSON', async (t) => {
    const world = await createWorld();
    t.after(() => world.end());
    const to = await startAdmin(t, world);
    const id = await world.submit();
    await world.settle();
    assert.equal((await callJson(to, Upkeep.method.check, {})).total, 0n);
    await world.store.write((tx) => tx.remove('journal', id, 1));
    const found = await callJson(to, Upkeep.method.check, {});
    assert.deepEqual(
      found.findings.map((finding) => [finding.code, finding.id]),
      [['JOURNAL_BROKEN', id]],
    );
    const byGrpc = await callGrpc(to, Upkeep.method.check, {});
    assert.ok('message' in byGrpc);
    assert.deepEqual(byGrpc.message.findings, found.findings);
  });

  it('changes the level of the log with its audit, tells a dry run, and changes it back when the time is over', async (t) => {
    const world = await createWorld();
    t.after(() => world.end());
    const log = createLog('warn');
    const upkeep = createUpkeep({
      ...world,
      ...world.assembly,
      data: world.folder,
      version: '0.0.0',
      drainTimeoutMs: 0,
      stopService: () => assert.fail(),
      log,
    });
    const to = await startAdmin(t, world, { upkeep });
    const call = (request: object) => callJson(to, Upkeep.method.setLogLevel, request as never);
    const dry = await call({ level: 'debug', change: because({ dryRun: true }) });
    assert.deepEqual([dry.changed?.applied, log.level], [false, 'warn']);
    const done = await call({ level: 'debug', change: because() });
    assert.deepEqual([done.changed?.applied, done.level, log.level], [true, 'debug', 'debug']);
    assert.deepEqual(done.changed?.effects, dry.changed?.effects);
    assert.equal(world.assembly.audit.list(1)[0]?.action, 'service.log-level');
    await world.clock.advance(hour - 1);
    assert.equal(log.level, 'debug');
    await world.clock.advance(1);
    assert.equal(log.level, 'warn');
    for (const wrong of [
      { level: 'loud' },
      { level: 'debug', for: { seconds: 86_401n } },
      { level: 'debug', for: { seconds: -1n } },
    ])
      await assert.rejects(call({ ...wrong, change: because() }), /NOT_UNDERSTOOD|is not understood/);
    assert.equal(log.level, 'warn');
  });

  it('tells its metrics the age of the last backup, also after a restart, what a check has found, and pauses', async (t) => {
    let world = await createWorld();
    t.after(() => world.end());
    const open = async () => {
      const { folder: data, assembly } = world;
      const log = createLog('silent');
      const upkeep = createUpkeep({
        ...world,
        ...assembly,
        data,
        version: '0',
        drainTimeoutMs: 0,
        stopService: () => {},
        log,
      });
      const isPaused = (what: 'intake' | 'dispatch') => what === 'dispatch';
      registerUpkeepMetrics(world.meter, { clock: world.clock, upkeep, isPaused });
      return startAdmin(t, world, { upkeep });
    };
    const told = async () =>
      (await world.meter.text()).match(/^sealed_(backup_age_seconds|check_problems|paused)\b.*$/gm);
    const pauses = ['sealed_paused{what="intake"} 0', 'sealed_paused{what="dispatch"} 1'];
    const to = await open();
    assert.deepEqual(await told(), pauses);
    await callJson(to, Upkeep.method.backup, { folder: join(temporaryFolder('backup'), 'here') });
    await callJson(to, Upkeep.method.check, {});
    await world.clock.advance(hour);
    assert.deepEqual(await told(), ['sealed_backup_age_seconds 3600', 'sealed_check_problems 0', ...pauses]);
    world = await world.reborn();
    await open();
    assert.deepEqual(await told(), ['sealed_backup_age_seconds 3600', ...pauses]);
  });

  it('reads every byte that is stored, and names what is not as it was', async (t) => {
    const world = await createWorld();
    t.after(() => world.end());
    const to = await startAdmin(t, world);
    const [good, bad, gone] = [sampleArtifactId(), sampleArtifactId(), sampleArtifactId()];
    for (const id of [good, bad, gone]) await world.upload(id, requester, 'x'.repeat(1_500_000));
    writeFileSync(world.layout.final(bad, 'stdin').path, `${'x'.repeat(1_499_999)}y`);
    rmSync(world.layout.final(gone, 'stdin').path);
    let isDone = false;
    const verifying = callJson(to, Artifacts.method.verify, { bytesPerSecond: 1_000_000n }).finally(
      () => (isDone = true),
    );
    while (!isDone) await world.clock.advance(100);
    const { findings, total, files, sizeBytes } = await verifying;
    assert.deepEqual(findings.map(({ code, id }) => [code, id]).sort(), [
      ['FILE_MISSING', gone],
      ['FILE_WRONG', bad],
    ]);
    assert.deepEqual([total, files, sizeBytes], [2n, 3, 3_000_000n]);
    await assert.rejects(callJson(to, Artifacts.method.verify, { bytesPerSecond: 1n }), /NOT_UNDERSTOOD/);
  });

  it('hides from a reader which file is wrong: it may be a proof', async (t) => {
    const world = await createWorld();
    t.after(() => world.end());
    await world.prove(1_000);
    const [proof] = [...world.store.scan('artifacts', [])].filter(({ value }) => value.kind === 'proof');
    rmSync(world.layout.final(proof?.key[0] as ArtifactId, 'proof').path);
    const { upkeep } = adminPartsOf(world);
    const check = async (role: Role) =>
      (await checkService({ upkeep })({ deep: false } as never, { name: 'ada', isClaimed: false, role })).findings?.map(
        ({ id }) => id,
      );
    assert.deepEqual([await check(Role.READ), await check(Role.OPERATE)], [[''], [proof?.key[0]]]);
  });
});
