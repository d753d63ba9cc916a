import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { withLock } from './lock.mjs';

const folder = mkdtempSync(join(tmpdir(), 'sealed-lock-'));
after(() => rmSync(folder, { recursive: true }));

const deadPid = () => spawnSync(process.execPath, ['-e', '']).pid;
const module = new URL('./lock.mjs', import.meta.url).href;

test('work under one lock never overlaps, between processes', async () => {
  const path = join(folder, 'a.lock');
  const inside = join(folder, 'inside');
  // A process that finds `inside` there has overlapped with another.
  const code = `
    import { writeFileSync, rmSync } from 'node:fs';
    const { withLock } = await import(${JSON.stringify(module)});
    for (let i = 0; i < 20; i++) await withLock(${JSON.stringify(path)}, async () => {
      writeFileSync(${JSON.stringify(inside)}, '', { flag: 'wx' });
      await new Promise(setImmediate);
      rmSync(${JSON.stringify(inside)});
    });`;
  const children = Array.from({ length: 3 }, () => spawn(process.execPath, ['--input-type=module', '-e', code]));
  const codes = await Promise.all(children.map(async (child) => (await once(child, 'exit'))[0]));
  assert.deepEqual(codes, [0, 0, 0]);
  assert.ok(!existsSync(path));
});

test('says which process it waits for', async () => {
  const path = join(folder, 'b.lock');
  const waited = [];
  let release;
  const held = withLock(path, () => new Promise((resolve) => (release = resolve)));
  const second = withLock(
    path,
    async () => 'second',
    (pid) => {
      waited.push(pid);
      release();
    },
  );
  assert.equal(await second, 'second');
  await held;
  assert.deepEqual(waited, [process.pid]);
});

test('takes over from a dead holder, and from one that has been silent too long', async () => {
  const path = join(folder, 'c.lock');
  writeFileSync(path, JSON.stringify({ pid: deadPid(), host: hostname() }));
  assert.equal(await withLock(path, async () => 1), 1);

  writeFileSync(path, JSON.stringify({ pid: 1, host: 'elsewhere' }));
  const long = new Date(Date.now() - 120_000);
  utimesSync(path, long, long);
  assert.equal(await withLock(path, async () => 2), 2);

  // Its writer died between creating and filling it.
  writeFileSync(path, '');
  utimesSync(path, long, long);
  assert.equal(await withLock(path, async () => 3), 3);
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.startsWith('c.lock')),
    [],
  );
});

test('is released when the work fails and when the process is interrupted', async () => {
  const path = join(folder, 'd.lock');
  await assert.rejects(
    withLock(path, async () => {
      throw new Error('work');
    }),
    /work/,
  );
  assert.ok(!existsSync(path));
  const code = `
    const { withLock } = await import(${JSON.stringify(module)});
    process.on('SIGINT', () => process.exit(130));
    await withLock(${JSON.stringify(path)}, () => { console.log('in'); return new Promise((r) => setTimeout(r, 1e6)); });`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code]);
  await once(child.stdout, 'data');
  assert.ok(existsSync(path));
  child.kill('SIGINT');
  await once(child, 'exit');
  assert.ok(!existsSync(path));
});
