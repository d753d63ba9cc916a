import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, it } from 'node:test';
import { temporaryFolder } from '../testkit/temporaryFolder.js';
import { createMemoryPages } from '../testkit/world/memoryPages.js';
import { pagesContract } from '../testkit/world/pagesContract.js';
import { createStore } from './environment.js';
import { openLmdbPages } from './lmdbPages.js';

pagesContract('LMDB', () => ({ pages: openLmdbPages(temporaryFolder('pages')) }), { fills: false });
function memoryThatFills() {
  let isFull = false;
  const reserve = () => {
    if (isFull) throw new Error('No space left');
  };
  const pages = createMemoryPages({ reserve });
  return {
    pages,
    fill: (full: boolean) => {
      isFull = full;
    },
  };
}
pagesContract('memory', memoryThatFills, { fills: true });

/** Commits 1, 2, 3 … under one key and as a row each, and prints each number when it is durable. */
const counter = (folder: string) => `
  import { openLmdbPages } from ${JSON.stringify(new URL('./lmdbPages.ts', import.meta.url).href)};
  const pages = openLmdbPages(${JSON.stringify(folder)});
  for (let n = 1; ; n += 1) {
    const bytes = new Uint8Array(Buffer.from(String(n)));
    void pages.commit(() => [{ key: [1, 'count'], bytes }, { key: [2, n], bytes }]).then(() => console.log(n));
    if (n % 8 === 0) await new Promise((resolve) => setImmediate(resolve));
  }`;

describe('pages on LMDB', () => {
  it('tell how large their file is, and how much of it what was removed has left', async () => {
    const folder = temporaryFolder('pages-size');
    const pages = openLmdbPages(folder);
    const bytes = new Uint8Array(1_000).fill(1);
    const keys = Array.from({ length: 2_000 }, (_, n) => [1, n] as const);
    await pages.commit(() => keys.map((key) => ({ key, bytes })));
    const full = pages.size?.();
    await pages.commit(() => keys.map((key) => ({ key, bytes: undefined })));
    const emptied = pages.size?.();
    const inUse = statSync(join(folder, 'data.mdb')).size;
    await pages.close();
    assert.ok(full !== undefined && emptied !== undefined);
    assert.ok(full.bytes > 2_000_000 && full.freeBytes < full.bytes / 10, JSON.stringify(full));
    assert.ok(emptied.bytes >= full.bytes && emptied.bytes <= inUse, JSON.stringify({ emptied, inUse }));
    assert.ok(emptied.freeBytes > 0.9 * emptied.bytes && emptied.freeBytes < emptied.bytes, JSON.stringify(emptied));
  });

  it('keep a prefix of the commits of a killed process, with all that was reported to it as durable', async () => {
    for (const killAfter of [1, 20, 150]) {
      const folder = temporaryFolder('pages-killed');
      const args = ['--import', 'tsx', '--input-type=module', '--eval', counter(folder)];
      const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
      let acknowledged = 0;
      for await (const line of createInterface(child.stdout)) {
        acknowledged = Number(line);
        if (acknowledged >= killAfter) child.kill('SIGKILL');
      }
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      const pages = openLmdbPages(folder);
      const kept = Number(Buffer.from(pages.get([1, 'count']) ?? []).toString());
      assert.ok(kept >= acknowledged, `${kept} of ${acknowledged}`);
      const range = { start: [2] as const, end: [3] as const, reverse: false, exclusiveStart: false, limit: undefined };
      const rows = [...pages.range(range)].map(({ key }) => key[1] as number);
      assert.deepEqual(
        rows,
        Array.from({ length: kept }, (_, n) => n + 1),
      );
      await pages.close();
    }
  });
});

describe('pages in memory', () => {
  it('lose at a crash what was not flushed, but for as many of the oldest commits as are said', async () => {
    const gates: (() => void)[] = [];
    const pages = createMemoryPages({ flush: () => new Promise((resolve) => gates.push(resolve)) });
    const commits = [1, 2, 3].map((n) => pages.commit(() => [{ key: [1, n], bytes: new Uint8Array([n]) }]));
    while (pages.unflushed < 3) await Promise.resolve();
    gates.shift()?.();
    await commits[0];
    assert.deepEqual(
      [0, 1, 2].map((kept) => pages.crash(kept).map(({ key }) => key[1])),
      [[1], [1, 2], [1, 2, 3]],
    );
    const reborn = createMemoryPages({ from: pages.crash(1) });
    assert.deepEqual([...(reborn.get([1, 2]) ?? [])], [2]);
    assert.equal(reborn.get([1, 3]), undefined);
  });
});

describe('a store over pages in memory', () => {
  it('is settled when all that can be read is flushed', async () => {
    const gates: (() => void)[] = [];
    let isSlow = false;
    const flush = () => (isSlow ? new Promise<void>((resolve) => gates.push(resolve)) : Promise.resolve());
    const store = await createStore(createMemoryPages({ flush }));
    await store.settled();
    isSlow = true;
    const written = store.write((tx) => tx.put('meta', ['lamp'], 'lit'));
    while (store.get('meta', 'lamp') === undefined) await Promise.resolve();
    let isSettled = false;
    const settled = store.settled().then(() => {
      isSettled = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(isSettled, false);
    while (gates.length === 0) await Promise.resolve();
    gates.shift()?.();
    await Promise.all([written, settled]);
    isSlow = false;
    await store.close();
  });
});
