// A full disk: clear errors, nothing lost, and everything goes on by itself when there is room. On a small tmpfs, which this file needs
// the right to mount; without it (no root, no user namespaces) the suites are skipped and say so.
import assert from 'node:assert/strict';
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, beforeEach, describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ClientError } from '../../src/client/errors.js';
import { holdingClock } from '../../src/clock.js';
import { failureFrom } from '../../src/failures/failureFrom.js';
import type { RequestId } from '../../src/ids.js';
import { openStore, type Store } from '../../src/store/environment.js';
import { createRequester, expectedProof, stdinOf } from '../../src/testkit/service/serviceRequests.js';
import { createServiceRig } from '../../src/testkit/service/serviceRig.js';
import { createSmallDisk, smallDisks } from '../../src/testkit/smallDisk.js';

const clock = holdingClock;
const where = smallDisks(fileURLToPath(import.meta.url));
const skip =
  where === 'elsewhere'
    ? 'has passed in a namespace of its own'
    : where === 'impossible' && 'NOT TESTED: a small disk can neither be mounted nor had in a user namespace here';
const filesOf = (folder: string) =>
  readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
const pages = (count: number) => count * 4096;

describe('the store on a full disk', { skip, timeout: 600_000 }, () => {
  // lmdb prints each failure and throws it as well. Its native half prints too, and cannot be silenced.
  beforeEach((t) => (t as TestContext).mock.method(console, 'error', () => undefined));

  it('rejects with DISK_FULL, keeps what it has acknowledged, and writes again when there is room', async () => {
    // LMDB writes several pages in one call: how many still fit decides which of the system's errors it sees.
    for (let left = 4; left <= 12; left++) {
      const disk = createSmallDisk(2_000_000);
      try {
        disk.fill(pages(left));
        await fillStore(join(disk.folder, 'store'), () => disk.makeRoom());
      } finally {
        disk.end();
      }
    }
  });

  async function fillStore(folder: string, makeRoom: () => void): Promise<void> {
    const acknowledged: string[] = [];
    const store = await openStore(folder);
    const put = async (key: string) => {
      await store.write((tx) => tx.put('meta', [key], key.padEnd(700)));
      acknowledged.push(key);
    };
    for (let refused = 0, serial = 0; refused < 2; serial++) {
      await put(`alone ${serial}`).catch((error: unknown) => {
        assert.equal(failureFrom(error, '').code, 'DISK_FULL', String(error));
        refused += 1;
      });
    }
    const together = await Promise.allSettled(Array.from({ length: 20 }, (_, i) => put(`together ${i}`)));
    assert.ok(together.some(({ status }) => status === 'rejected'));
    assert.deepEqual(metaKeys(store), [...acknowledged].sort());
    makeRoom();
    await put('after');
    await store.close();
    const again = await openStore(folder);
    assert.deepEqual(metaKeys(again), acknowledged.sort());
    await again.close();
  }

  const metaKeys = (store: Store) =>
    [...store.scan('meta', [])].map(({ key }) => key[0]).filter((name) => name !== 'schema');

  it('can be closed while it is full', async () => {
    const disk = createSmallDisk(2_000_000);
    const store = await openStore(join(disk.folder, 'store'));
    disk.fill();
    await assert.rejects(
      store.write((tx) => tx.put('meta', ['large'], 'x'.repeat(10_000))),
      /No space left/,
    );
    await store.close();
    disk.end();
  });

  it('answers a small write though the large one behind it finds no room', async () => {
    const disk = createSmallDisk(4_000_000);
    const store = await openStore(join(disk.folder, 'store'));
    disk.fill(pages(100));
    let kept = 0;
    // How far the small one gets in a turn is the machine's own: each round leaves it one turn more, until it has got through often.
    for (let turns = 0; kept < 50; turns++) {
      const small = store.write((tx) => tx.put('meta', ['small'], turns));
      // The small one is on its way, its commit not known yet; or the two share one, and its fate.
      for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate);
      const large = store.write((tx) => tx.put('meta', ['large'], 'x'.repeat(1_000_000)));
      const [first, second] = await Promise.allSettled([small, large]);
      assert.equal(second.status, 'rejected');
      if (first.status === 'fulfilled') kept += 1;
    }
    assert.equal(typeof store.get('meta', 'small'), 'number');
    assert.equal(store.get('meta', 'large'), undefined);
    await store.close();
    disk.end();
  });

  it('answers every writer while room comes and goes', async () => {
    const disk = createSmallDisk(4_000_000);
    const store = await openStore(join(disk.folder, 'store'));
    let ended = false;
    let refused = 0;
    const writers = Array.from({ length: 30 }, async (_, writer) => {
      for (let serial = 0; !ended; serial++) {
        const value = 'x'.repeat(1_000 + (serial % 4_000));
        await store
          .write((tx) => tx.put('meta', [`${writer} ${serial % 10}`], value))
          .catch(() => {
            refused += 1;
          });
        await new Promise(setImmediate);
      }
    });
    for (let time = 0; time < 15 || refused === 0; time++) {
      disk.fill();
      await new Promise<void>((resolve) => clock.wakeIn(20, resolve));
      disk.makeRoom();
      await new Promise<void>((resolve) => clock.wakeIn(20, resolve));
    }
    ended = true;
    await Promise.all(writers);
    assert.ok(refused > 0);
    await store.close();
    disk.end();
  });
});

describe('a service on a full disk', { skip, timeout: 600_000 }, () => {
  const ends: (() => unknown)[] = [];
  after(async () => {
    for (const end of ends.reverse()) await end();
  });

  it('refuses clearly, loses nothing, and goes on by itself when there is room', async () => {
    const disk = createSmallDisk(24_000_000);
    ends.push(() => disk.end());
    const rig = await createServiceRig({ data: join(disk.folder, 'data') });
    ends.push(() => rig.end());
    // While it is there no proof is made: that they end on the full disk is a matter of order, not of time.
    const held = join(rig.folder, 'held');
    writeFileSync(held, '');
    rig.changeScript({ rules: [{ on: 'prove', whileThere: held }] });
    const requester = createRequester(rig.url, { clock });
    // A second client that gives up at its first failure.
    const once = createRequester(rig.url, { clock, keyByte: 1, retryBudgetMs: 0 });
    ends.push(() => [requester, once].forEach((each) => void each.close()));

    const service = await rig.serve();
    await requester.register();
    const acknowledged: { requestId: RequestId; stdin: Uint8Array }[] = [];
    for (let i = 0; i < 4; i++) {
      const stdin = stdinOf(`before ${i}`);
      acknowledged.push({ requestId: await requester.submit(stdin), stdin });
    }
    const prepared = await Promise.all(
      Array.from({ length: 40 }, async (_, i) => {
        const stdin = stdinOf(`prepared ${i}`);
        return { stdin, stdinUri: await requester.uploadStdin(stdin) };
      }),
    );
    disk.fill();

    await assert.rejects(once.uploadStdin(stdinOf('too late')), (error) => {
      assert.ok(error instanceof ClientError && error.failure.code === 'TRANSFER_REFUSED');
      assert.equal(error.failure.httpStatus, 504);
      assert.match(
        error.failure.detail,
        /^The data folder has no room left\. Nothing was lost; try again when there is room\.?$/,
      );
      return true;
    });
    let refused = 0;
    for (const { stdin, stdinUri } of prepared) {
      // Some still fit into pages that the store has already.
      try {
        acknowledged.push({ requestId: await once.ask(stdinUri), stdin });
      } catch (error) {
        assert.ok(error instanceof ClientError && error.failure.code === 'REFUSED', String(error));
        assert.equal(error.failure.status, 'UNAVAILABLE');
        assert.match(error.failure.detail, /^The data folder has no room left/);
        refused += 1;
      }
    }
    assert.ok(refused > 0, 'the store never ran out of room');
    rmSync(held);
    // Proofs that end now have no place to go, and neither have the transitions of accepted requests. Status calls are answered.
    const accepted = new Set<string | undefined>(acknowledged.map(({ requestId }) => requestId));
    await service.until(({ event, requestId }) => event === 'store.write_failed' && accepted.has(requestId));
    for (const { requestId } of acknowledged) await once.client.status(requestId);
    assert.equal(service.child.exitCode, null);

    disk.makeRoom();
    for (const { requestId, stdin } of acknowledged) {
      const { proofUrl } = await requester.client.waitProof(requestId, { pollMs: 50 });
      assert.ok((await requester.fetchProof(proofUrl)).equals(expectedProof(stdin)));
    }
    const later = stdinOf('after');
    await requester.client.waitProof(await requester.submit(later), { pollMs: 50 });
    assert.equal(await service.stop(), 0);
    // Inputs that were uploaded and not accepted are there. Nothing is left of those that were refused.
    assert.equal(filesOf(join(rig.data, 'artifacts/stdin')).length, refused);
    assert.deepEqual(filesOf(join(rig.data, 'artifacts/scratch')), []);

    const store = await openStore(join(rig.data, 'store'));
    assert.deepEqual([...store.scan('openRequests', [])], []);
    for (const { requestId } of acknowledged) {
      const journal = [...store.scan('journal', [requestId])];
      assert.deepEqual(
        journal.map(({ key }) => key[1]),
        journal.map((_, seq) => seq),
      );
      assert.equal(journal.filter(({ value }) => value.to === 'fulfilled').length, 1);
    }
    await store.close();
  });

  it('stops and is killed while it is full, says so when it is started, and loses nothing', async () => {
    const disk = createSmallDisk(24_000_000);
    ends.push(() => disk.end());
    const rig = await createServiceRig({ data: join(disk.folder, 'data') });
    ends.push(() => rig.end());
    const held = join(rig.folder, 'held');
    rig.changeScript({ rules: [{ on: 'prove', whileThere: held }] });
    const requester = createRequester(rig.url, { clock });
    ends.push(() => requester.close());

    for (const end of ['SIGTERM', 'SIGKILL'] as const) {
      writeFileSync(held, '');
      const service = await rig.serve();
      await requester.register();
      const stdins = [1, 2, 3].map((i) => stdinOf(`${end} ${i}`));
      const requestIds = await Promise.all(stdins.map((stdin) => requester.submit(stdin)));
      disk.fill();
      rmSync(held);
      // A proof has no place to go, or the store has none.
      await service.until(({ event, to }) => event === 'store.write_failed' || to === 'proving.backingOff');
      service.child.kill(end);
      assert.equal((await service.exited).code, end === 'SIGTERM' ? 0 : null);

      const refused = rig.spawn();
      assert.equal((await refused.exited).code, 1);
      assert.match(
        refused.lines.map(({ text }) => text).join('\n'),
        /^The data folder .* has no room: .* Nothing was lost\. Make room, or choose another folder with --data\.$/,
      );
      disk.makeRoom();
      const next = await rig.serve();
      for (const [i, requestId] of requestIds.entries()) {
        const { proofUrl } = await requester.client.waitProof(requestId, { pollMs: 50 });
        assert.ok((await requester.fetchProof(proofUrl)).equals(expectedProof(stdins[i] as Uint8Array)));
      }
      assert.equal(await next.stop(), 0);
    }
  });
});
