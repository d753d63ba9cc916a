// What operators see of stored bytes and of registered programs, and what a reader does not.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { describe, it, type TestContext } from 'node:test';
import { Artifacts } from '../../gen/admin/v1/artifacts_pb.js';
import { Programs } from '../../gen/admin/v1/programs_pb.js';
import type { Address, ArtifactId, Sha256, VkHash } from '../../ids.js';
import { parseVkHash } from '../../ids.js';
import { sampleArtifactId } from '../../testkit/sampleIds.js';
import { callJson, pathOf, post } from '../../testkit/service/adminCalls.js';
import { startAdmin } from '../../testkit/service/adminWorld.js';
import { sampleLane } from '../../testkit/service/laneActs.js';
import { createMemoryPages } from '../../testkit/world/memoryPages.js';
import { createWorld, requester, vkHash, type World } from '../../testkit/world/world.js';
import { createListDoor } from './access/listDoor.js';
import { Operators } from './access/operators.js';
import { createOwnHost } from './access/ownHost.js';

const other = '12'.repeat(20) as Address;
const json = { 'content-type': 'application/json' };
const tokenOf = (role: string) => `${role}-0123456789abcdef`;

async function rig(t: TestContext) {
  const world = await createWorld({ pages: createMemoryPages() });
  t.after(() => world.end());
  return { world, to: await startAdmin(t, world) };
}

/** A listener that asks who calls. */
async function portOf(t: TestContext, world: World) {
  const operators = new Operators({ certificates: false });
  operators.replace(['read', 'operate', 'own'].map((role) => `${role} ${role}er token:${tokenOf(role)}`).join('\n'));
  const door = createListDoor({ operators, isOwnHost: createOwnHost(() => undefined), clock: world.clock });
  const to = await startAdmin(t, world, {}, { door });
  return async (role: string, request: object) => {
    const headers = { ...json, authorization: `Bearer ${tokenOf(role)}` };
    const { status, body } = await post(to, pathOf(Artifacts.method.list), JSON.stringify(request), headers);
    assert.equal(status, 200, JSON.stringify(body));
    return body as unknown as { rows: { id?: string; kind: string }[]; page: { nextToken?: string } };
  };
}

const program = (owner: Address, fileId?: ArtifactId) =>
  ({
    kind: 'program',
    owner,
    private: false,
    sha256: '77'.repeat(32) as Sha256,
    sizeBytes: 1_000,
    storedAt: 0,
    references: [],
    ...(fileId && { fileId }),
  }) as const;

const codeOf = (error: unknown) => /[A-Z_]{5,}/.exec(String((error as Error).message))?.[0];

describe('stored artifacts', () => {
  it('are counted by kind and by owner, a shared file once, and those whose bytes are gone apart', async (t) => {
    const { world, to } = await rig(t);
    const file = sampleArtifactId();
    await world.store.write((tx) => {
      tx.put('artifacts', [sampleArtifactId()], program(requester, file));
      tx.put('artifacts', [sampleArtifactId()], program(requester, file));
      tx.put('artifacts', [sampleArtifactId()], program(other, file));
      tx.put('artifacts', [sampleArtifactId()], { ...program(other), kind: 'stdin', sizeBytes: 5_000, spent: true });
    });
    await world.upload(sampleArtifactId(), other, 'seven..');
    const usage = await callJson(to, Artifacts.method.usage, {});
    assert.deepEqual(
      usage.kinds.map(({ kind, count, files, sizeBytes }) => [kind, count, files, sizeBytes]),
      [
        ['program', 3, 1, 1_000n],
        ['stdin', 1, 1, 7n],
        ['proof', 0, 0, 0n],
      ],
    );
    assert.deepEqual(
      usage.owners.map(({ owner, count, sizeBytes }) => [owner, count, sizeBytes]),
      [
        [other, 2, 1_007n],
        [requester, 2, 1_000n],
      ],
    );
    assert.deepEqual([usage.ownersTotal, usage.spent, usage.freeBytes], [2, 1, 40n]);
    assert.deepEqual([usage.reservedLimitBytes, usage.scratch?.files], [1_000_000_000_000n, 0]);
  });

  it('count what is under way', async (t) => {
    const { world, to } = await rig(t);
    const id = await world.submit();
    await world.settle();
    await world.endStage(id);
    const { path } = world.artifacts.output(sampleArtifactId(), 'proof');
    writeFileSync(path, 'half of it');
    const usage = await callJson(to, Artifacts.method.usage, {});
    assert.deepEqual([usage.scratch?.files, usage.scratch?.sizeBytes], [1, 10n]);
  });

  it('tell only the 50 largest owners, and how many there are', async (t) => {
    const { world, to } = await rig(t);
    await world.store.write((tx) => {
      for (let n = 0; n < 60; n += 1) {
        const owner = n.toString(16).padStart(40, '0') as Address;
        tx.put('artifacts', [sampleArtifactId()], { ...program(owner), sizeBytes: n });
      }
    });
    const { owners, ownersTotal } = await callJson(to, Artifacts.method.usage, {});
    assert.deepEqual([owners.length, ownersTotal, owners[0]?.sizeBytes, owners[49]?.sizeBytes], [50, 60, 59n, 10n]);
  });

  it('come in pages that neither skip nor repeat one, by kind and owner', async (t) => {
    const { world, to } = await rig(t);
    const wanted = new Set<string>();
    for (let n = 0; n < 25; n += 1) {
      const id = sampleArtifactId();
      await world.store.write((tx) => tx.put('artifacts', [id], program(n % 2 === 0 ? other : requester)));
      if (n % 2 === 0) wanted.add(id);
      await world.upload(sampleArtifactId(), other, 'x');
    }
    const seen: string[] = [];
    for (let token = ''; ; ) {
      const request = { kinds: ['program'], owner: other, page: { size: 4, token } };
      const { rows, page } = await callJson(to, Artifacts.method.list, request);
      seen.push(...rows.map(({ id }) => id));
      // What comes meanwhile stands before, and what has gone is not missed.
      await world.store.write((tx) => tx.put('artifacts', ['f'.repeat(64) as ArtifactId], program(other)));
      token = page?.nextToken ?? '';
      if (token === '') break;
    }
    assert.deepEqual(seen, [...wanted].sort().reverse());
  });

  it('refuse the token of another list, and what nothing can match', async (t) => {
    const { world, to } = await rig(t);
    for (let n = 0; n < 3; n += 1) await world.upload(sampleArtifactId(), requester, 'x');
    const { page } = await callJson(to, Artifacts.method.list, { page: { size: 1 } });
    const token = page?.nextToken ?? '';
    assert.notEqual(token, '');
    for (const [request, code] of [
      [{ owner: requester, page: { token } }, 'TOKEN_EXPIRED'],
      [{ page: { token: `${token.slice(0, -2)}AA` } }, 'TOKEN_EXPIRED'],
      [{ page: { token: 'AgAA' } }, 'TOKEN_EXPIRED'],
      [{ kinds: ['proofs'] }, 'NOT_UNDERSTOOD'],
      [{ owner: 'ab' }, 'NOT_UNDERSTOOD'],
      [{ page: { size: 501 } }, 'NOT_UNDERSTOOD'],
    ] satisfies [object, string][])
      await assert.rejects(callJson(to, Artifacts.method.list, request), new RegExp(code), JSON.stringify(request));
    await assert.rejects(callJson(to, Programs.method.list, { page: { token } }), /TOKEN_EXPIRED/);
  });

  it('show a reader no id of a proof, not even in the token of a page, and an operator each', async (t) => {
    const { world } = await rig(t);
    await world.prove(1_000);
    const view = [...world.seen].reverse().find(({ state }) => state === 'fulfilled');
    const proof = view?.state === 'fulfilled' ? view.proof.id : '';
    assert.match(proof, /^[0-9a-f]{64}$/);
    const list = await portOf(t, world);
    const first = await list('read', { kinds: ['proof'], page: { size: 1 } });
    assert.deepEqual(
      first.rows.map(({ id = '', kind }) => [id, kind]),
      [['', 'proof']],
    );
    const tokens = [first, await list('read', { page: { size: 1 } })].map(({ page }) => page.nextToken ?? '');
    const said = [JSON.stringify(first), ...tokens.map((token) => Buffer.from(token, 'base64url').toString('hex'))];
    assert.ok(tokens.some((token) => token !== ''));
    assert.ok(said.every((text) => !text.includes(proof)));
    for (const token of tokens) assert.ok(!Buffer.from(token, 'base64url').toString('latin1').includes(proof));
    for (const role of ['operate', 'own'])
      assert.deepEqual(
        (await list(role, { kinds: ['proof'] })).rows.map(({ id }) => id),
        [proof],
        role,
      );
  });
});

describe('registered programs', () => {
  const hash = (text: string) => parseVkHash(text.padEnd(64, '0')) as VkHash;
  const registered = (hashed: VkHash, owner: Address, confirmed: boolean) => ({
    vkHash: hashed,
    vk: 'abcd',
    artifactId: sampleArtifactId(),
    sha256: '66'.repeat(32) as Sha256,
    sizeBytes: 20,
    owner,
    createdAt: 1_000,
    ...(confirmed && { confirmed: true as const }),
  });

  it('come confirmed ones first, then those of their owners, in pages of any size', async (t) => {
    const { world, to } = await rig(t);
    await world.store.write((tx) => {
      for (let n = 0; n < 5; n += 1) {
        const one = hash(`0${n}aa`);
        if (n < 3) tx.put('programs', [one], registered(one, requester, true));
        for (const owner of [requester, other])
          tx.put('programCandidates', [one, owner], registered(one, owner, false));
      }
    });
    const whole = await callJson(to, Programs.method.list, {});
    assert.deepEqual(
      whole.rows.map(({ isConfirmed }) => isConfirmed),
      [...Array(5).fill(true), ...Array(10).fill(false)],
    );
    for (const size of [1, 2, 5, 7]) {
      const seen = [];
      for (let token = ''; ; ) {
        const { rows, page } = await callJson(to, Programs.method.list, { page: { size, token } });
        seen.push(...rows);
        token = page?.nextToken ?? '';
        if (token === '') break;
      }
      assert.deepEqual(seen, whole.rows, `pages of ${size}`);
    }
    const own = await callJson(to, Programs.method.list, { owner: other });
    assert.deepEqual([own.rows.length, new Set(own.rows.map(({ owner }) => owner)).size], [5, 1]);
  });

  it('tell their key, who has registered them, which lanes have them, which requests name them and how long they take', async (t) => {
    const { world, to } = await rig(t);
    await world.prove(7_000);
    const ids = [await world.submit(), await world.submit()];
    await world.settle();
    await world.store.write((tx) => tx.put('programCandidates', [vkHash, other], registered(vkHash, other, false)));
    const sha256 = world.store.get('programs', vkHash)?.sha256 as Sha256;
    world.lanes.reports = [sampleLane('gpu-0', { programs: [sha256] }), sampleLane('gpu-1')];
    const { program } = await callJson(to, Programs.method.get, { vkHash: `…${vkHash.slice(-8)}` });
    assert.deepEqual(
      program?.registrations.map(({ owner, isConfirmed }) => [owner, isConfirmed]),
      [
        [requester, true],
        [other, false],
      ],
    );
    assert.deepEqual([program?.vk, program?.laneIds, program?.openRequests], ['00'.repeat(104), ['gpu-0'], 2]);
    assert.deepEqual(program?.requestIds, [...ids].sort());
    const proving = program?.usual.find(({ stage }) => stage === 'prove');
    assert.deepEqual([proving?.mode, proving?.usual?.seconds, proving?.samples], ['core', 7n, 1]);
  });

  it('are found by the first or the last digits, and say when there is none or are several', async (t) => {
    const { world, to } = await rig(t);
    const [one, two] = [hash('0abcdef01'), hash('0abcdef02')];
    await world.store.write((tx) => {
      tx.put('programs', [one], registered(one, requester, true));
      tx.put('programCandidates', [two, other], registered(two, other, false));
    });
    const named = async (text: string) => (await callJson(to, Programs.method.get, { vkHash: text })).program?.vkHash;
    assert.deepEqual([await named('0abcdef01'), await named('0x0ABCDEF02'), await named(two)], [one, two, two]);
    for (const [text, code] of [
      ['0abcdef0', 'AMBIGUOUS_ID'],
      ['0abcdef03', 'PROGRAM_UNKNOWN'],
      ['99'.repeat(32), 'PROGRAM_UNKNOWN'],
      ['0abcd', 'NOT_UNDERSTOOD'],
      ['../../etc', 'NOT_UNDERSTOOD'],
    ] as const)
      await assert.rejects(named(text), (error) => codeOf(error) !== undefined && new RegExp(code).test(String(error)));
  });
});
