// Mode tee from intake to signature, and what of a store that others may edit is believed.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { verifyTeeProof } from '../client/verifyTeeProof.js';
import { fail } from '../failures/fail.js';
import { failed, succeeded } from '../failures/outcome.js';
import type { RequestId, Sha256, VkHash } from '../ids.js';
import type { RequestContext } from '../machines/request/rules.js';
import { vkHashOf } from '../machines/request/view.js';
import type { TeePorts } from '../service/ports.js';
import { scriptedPublicValues, scriptedVkHash, successOf } from '../testkit/engine/scriptedLanes.js';
import { sampleArtifactId } from '../testkit/sampleIds.js';
import { type ScriptedSigner, scriptedSigner, vectorKey } from '../testkit/world/scriptedSigner.js';
import { createWorld, type World } from '../testkit/world/world.js';
import type { Submission } from './registry.js';

const asked: Partial<Submission> = { mode: 'tee', vkHash: scriptedVkHash };

async function set(state: 'active' | 'waiting' = 'active', more: Partial<TeePorts> = {}) {
  const signer = scriptedSigner(state);
  const world = await createWorld({ tee: { signer, voucherKey: new Uint8Array(32).fill(7), ...more } });
  return { world, signer };
}

const stateOf = (world: World, id: RequestId) => {
  const view = world.system.registry.view(id);
  return view !== undefined && 'phase' in view ? `${view.state}.${view.phase}` : view?.state;
};

/** All jobs of lanes succeed, until nothing is left to do. Answers their stages. */
async function work(world: World): Promise<string[]> {
  const stages: string[] = [];
  await world.settle();
  for (let next = world.lanes.waiting[0]; next !== undefined; next = world.lanes.waiting[0]) {
    stages.push(next.job.stage);
    next.answer(successOf(next.job));
    await world.settle();
  }
  return stages;
}

function verdictOf(world: World, id: RequestId) {
  const view = world.system.registry.view(id);
  assert.ok(view?.state === 'fulfilled');
  const proof = readFileSync(world.layout.final(view.proof.id, 'proof').path);
  return verifyTeeProof({ proof, vkHash: scriptedVkHash, signers: [vectorKey.address] });
}

describe('a request in mode tee', () => {
  it('is executed alone, set up elsewhere, and signed', async () => {
    const { world, signer } = await set();
    const id = await world.submit(asked);
    await world.settle();
    const [execution] = world.lanes.waiting;
    assert.ok(execution?.job.stage === 'execute' && execution.job.alone !== undefined);
    const values = execution.job.alone.publicValues.id;
    assert.deepEqual(await work(world), ['execute', 'setup']);
    assert.equal(stateOf(world, id), 'fulfilled');
    const verdict = verdictOf(world, id);
    assert.ok(verdict.ok, JSON.stringify(verdict.checks));
    assert.deepEqual(Buffer.from(verdict.publicValues), scriptedPublicValues);
    assert.deepEqual(
      world.journal(id).map(({ to }) => to),
      ['requested', 'executing.waiting', 'executing.running', 'signing.waiting', 'signing.running', 'fulfilled'],
    );
    assert.equal(signer.signed, 1);
    // What the signature is over is in it. The values of their own, and the input, are gone.
    assert.ok(!existsSync(world.layout.final(values, 'proof').path));
    assert.ok(!existsSync(world.layout.final(execution.job.stdin.id, 'stdin').path));
    await world.end();
  });

  it('sets a program up once in a life', async () => {
    const { world } = await set();
    await world.submit(asked);
    assert.deepEqual(await work(world), ['execute', 'setup']);
    await world.submit(asked);
    assert.deepEqual(await work(world), ['execute']);
    await world.end();
  });

  it('T43: waits in signing while no key is active, and is cancelled or expires there', async () => {
    const { world, signer } = await set('waiting');
    const [cancelled, expired, signed] = [
      await world.submit(asked),
      await world.submit({ ...asked, deadlineAt: world.clock.now() + 10_000 }),
      await world.submit(asked),
    ];
    await work(world);
    for (const id of [cancelled, expired, signed]) assert.equal(stateOf(world, id), 'signing.waiting');
    await world.system.registry.cancel(cancelled);
    await world.clock.advance(20_000);
    await world.settle();
    signer.become('active');
    await world.settle();
    assert.deepEqual(
      [cancelled, expired, signed].map((id) => stateOf(world, id)),
      ['cancelled', 'expired', 'fulfilled'],
    );
    assert.equal(signer.signed, 1);
    await world.end();
  });

  it('is not signed for a program that the operator has not listed, nor when it was taken off the list meanwhile', async () => {
    let isListed = false;
    const { world, signer } = await set('waiting', { isSignedFor: (vkHash) => isListed && vkHash === scriptedVkHash });
    const unlisted = await world.submit(asked);
    await work(world);
    isListed = true;
    const removed = await world.submit(asked);
    await work(world);
    assert.equal(stateOf(world, removed), 'signing.waiting');
    // It is vouched for, and waits for a key.
    isListed = false;
    signer.become('active');
    await work(world);
    for (const id of [unlisted, removed]) {
      const view = world.system.registry.view(id);
      assert.ok(view?.state === 'failed');
      assert.deepEqual(view.failure, fail('PROGRAM_NOT_SIGNED_FOR', { vkHash: scriptedVkHash }));
    }
    assert.equal(signer.signed, 0);
    await world.end();
  });

  it('is not signed when the guest fails, commits to too much, or its program has another key', async () => {
    const { world, signer } = await set();
    const failures = [
      fail('GUEST_FAILED', { cause: 'HALT_WITH_NON_ZERO_EXIT_CODE', exitCode: 1, cycles: '7' }),
      fail('PUBLIC_VALUES_TOO_LARGE', { sizeBytes: 2, limitBytes: 1 }),
    ];
    for (const failure of failures) {
      const id = await world.submit(asked);
      await world.settle();
      world.lanes.waiting[0]?.answer(failed(failure));
      await world.settle();
      const view = world.system.registry.view(id);
      assert.ok(view?.state === 'failed');
      assert.deepEqual(view.failure, failure);
    }
    const id = await world.submit(asked);
    await world.settle();
    const [execution] = world.lanes.waiting;
    assert.ok(execution);
    execution.answer(successOf(execution.job));
    await world.settle();
    world.lanes.waiting[0]?.answer(succeeded({ vk: `01${'00'.repeat(103)}` }));
    await world.settle();
    const view = world.system.registry.view(id);
    assert.ok(view?.state === 'failed' && view.failure.code === 'VERIFICATION_KEY_MISMATCH');
    assert.equal(signer.signed, 0);
    await world.end();
  });

  it('waits out a full disk while it executes', async () => {
    const { world } = await set();
    const id = await world.submit(asked);
    await world.settle();
    for (let times = 0; times < 5; times += 1) {
      world.lanes.waiting[0]?.answer(failed(fail('DISK_FULL')));
      await world.settle();
      assert.equal(world.lanes.waiting.length, 0);
      await world.clock.advance(5_000);
      await world.settle();
    }
    await work(world);
    assert.equal(stateOf(world, id), 'fulfilled');
    await world.end();
  });
});

describe('a request that was to be signed when its process ended', () => {
  const waiting = async (): Promise<{ world: World; signer: ScriptedSigner; id: RequestId }> => {
    const { world, signer } = await set('waiting');
    const id = await world.submit(asked);
    await work(world);
    assert.equal(stateOf(world, id), 'signing.waiting');
    return { world, signer, id };
  };

  it('goes on where it was when the voucher key has outlived it', async () => {
    const { world, signer, id } = await waiting();
    signer.die();
    const next = await world.reborn();
    signer.become('active');
    assert.deepEqual(await work(next), []);
    assert.equal(stateOf(next, id), 'fulfilled');
    assert.ok(verdictOf(next, id).ok);
    await next.end();
  });

  it('T41: is executed again under another voucher key, with its input', async () => {
    const signer = scriptedSigner('waiting');
    const keys = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
    const tee = {
      signer,
      get voucherKey() {
        return keys[0] as Uint8Array;
      },
    };
    const world = await createWorld({ tee });
    const id = await world.submit(asked);
    await work(world);
    keys.shift();
    signer.die();
    const next = await world.reborn();
    signer.become('active');
    assert.deepEqual(await work(next), ['execute', 'setup']);
    assert.equal(stateOf(next, id), 'fulfilled');
    assert.ok(verdictOf(next, id).ok);
    assert.ok(next.journal(id).some(({ on }) => on === 'UNVOUCHED'));
    await next.end();
  });

  type Edit = (context: RequestContext) => void;
  type Loose = { -readonly [K in string]: unknown };
  const vouched =
    (change: (vouched: Loose, execution: Loose) => void): Edit =>
    ({ execution }) =>
      change(execution?.vouched as unknown as Loose, execution as unknown as Loose);
  const otherDigest = '99'.repeat(32) as Sha256;
  const edits: Record<string, Edit> = {
    'the digest of the public values': vouched((facts, execution) => {
      facts['publicValues'] = { ...(facts['publicValues'] as object), sha256: otherDigest };
      execution['publicValuesHash'] = otherDigest;
    }),
    'the length of the public values': vouched((facts) => {
      facts['publicValues'] = { ...(facts['publicValues'] as object), sizeBytes: 3 };
    }),
    'the vk hash': vouched((facts) => {
      facts['vkHash'] = otherDigest;
    }),
    'the digest of the program': vouched((facts) => {
      facts['programSha256'] = otherDigest;
    }),
    'the cycles': vouched((_, execution) => {
      execution['cycles'] = '1';
    }),
    'the MAC': vouched((facts) => {
      facts['mac'] = `${(facts['mac'] as string).slice(0, -2)}00`;
    }),
    'the MAC, cut': vouched((facts) => {
      facts['mac'] = '';
    }),
    'the MAC, removed with all that was vouched for': vouched((_, execution) => {
      delete execution['vouched'];
    }),
    'the digest of the input': ({ request }) => {
      Object.assign(request.stdin, { sha256: otherDigest });
    },
    'a limit': ({ request }) => {
      Object.assign(request, { cycleLimit: '999' });
    },
  };

  for (const [what, edit] of Object.entries(edits)) {
    it(`T40: is executed again, and signed for what came of that, when the store was edited: ${what}`, async () => {
      const { world, signer, id } = await waiting();
      const envelope = structuredClone(world.store.get('snapshots', id));
      assert.ok(envelope);
      const snapshot = envelope.snapshot as {
        context: RequestContext;
        children: Record<string, { snapshot: { input: { request: unknown; execution: unknown } } }>;
      };
      edit(snapshot.context);
      // What the effect is restored with lies beside it.
      for (const { snapshot: child } of Object.values(snapshot.children))
        if ('request' in child.input)
          Object.assign(child.input, { request: snapshot.context.request, execution: snapshot.context.execution });
      await world.store.write((tx) => {
        tx.put('snapshots', [id], envelope);
        // The results that led there say the same.
        tx.put('results', [id, 'execute', 2], snapshot.context.execution);
      });
      signer.die();
      const next = await world.reborn();
      signer.become('active');
      await next.settle();
      assert.equal(stateOf(next, id), 'executing.waiting');
      assert.equal(signer.signed, 0);
      await work(next);
      assert.equal(stateOf(next, id), 'fulfilled');
      assert.ok(verdictOf(next, id).ok);
      assert.equal(signer.signed, 1);
      await next.end();
    });
  }

  it('T40: is executed again when the public values themselves were edited', async () => {
    const { world, signer, id } = await waiting();
    const view = world.system.registry.view(id);
    assert.ok(view?.state === 'signing' && view.execution.vouched);
    writeFileSync(world.layout.final(view.execution.vouched.publicValues.id, 'proof').path, 'f5010');
    signer.die();
    const next = await world.reborn();
    signer.become('active');
    assert.deepEqual(await work(next), ['execute', 'setup']);
    assert.ok(verdictOf(next, id).ok);
    await next.end();
  });

  it('T41: with a program that came with it is executed again, and named by the key that its set-up made', async () => {
    const { world, signer } = await set('waiting');
    const program = { id: sampleArtifactId(), sha256: '44'.repeat(32) as Sha256, sizeBytes: 1 };
    const id = await world.submit({ mode: 'tee', vkHash: '00'.repeat(32) as VkHash, program });
    await world.settle();
    assert.equal(world.lanes.waiting[0]?.job.stage, 'execute');
    signer.die();
    const next = await world.reborn();
    signer.become('active');
    assert.deepEqual(await work(next), ['execute', 'setup']);
    const view = next.system.registry.view(id);
    assert.ok(view?.state === 'fulfilled');
    assert.equal(vkHashOf(view), scriptedVkHash);
    assert.ok(verdictOf(next, id).ok);
    await next.end();
  });

  it('T42: has one signature, whatever is lost after it was recorded', async () => {
    const { world, signer } = await set();
    const id = await world.submit(asked);
    await work(world);
    const view = world.system.registry.view(id);
    assert.ok(view?.state === 'fulfilled');
    signer.die();
    const next = await world.reborn();
    await next.settle();
    const after = next.system.registry.view(id);
    assert.ok(after?.state === 'fulfilled');
    assert.deepEqual(after.proof, view.proof);
    assert.equal(signer.signed, 1);
    await next.end();
  });
});
