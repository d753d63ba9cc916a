// TEE proofs under load, on a chain whose time passes while keys come and go: what is answered has to verify there, then and for as long as was
// promised.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, it } from 'node:test';
import { encodeFunctionData, type Hex, toHex } from 'viem';
import { parseTeeProof } from '../../src/client/teeProofFile.js';
import { multiProof } from '../../src/contracts/generated/multiProof.js';
import type { RequestId } from '../../src/ids.js';
import { scriptedVkHash, successOf } from '../../src/testkit/engine/scriptedLanes.js';
import { type ChainRig, createChainRig } from '../../src/testkit/signers/chainRig.js';
import { createWorld, type World } from '../../src/testkit/world/world.js';

const ended: Array<() => Promise<unknown>> = [];
after(async () => {
  for (const end of ended.reverse()) await end();
});

interface Answered {
  readonly proof: Buffer;
  /** By the chain's clock (s). */
  readonly at: number;
}

/** By the terms of the service: no signature is made with less left of its key's registration. */
const minRemaining = 900;
const stepSeconds = 100;
/** An hour and a half: each half-hour has its key. */
const steps = 50;
const proofsOfStep = 2;

it('45: under load each proof verifies on chain when it is answered and 15 minutes later, over three rotations', async () => {
  const rig = await createChainRig();
  ended.push(() => rig.end());
  const world = await createWorld({ tee: { signer: rig.signers, voucherKey: new Uint8Array(32).fill(7) } });
  ended.push(() => world.end());
  const answered: Answered[] = [];
  let asked = 0;
  for (let step = 0; step < steps; step += 1) {
    const ids: RequestId[] = [];
    for (let each = 0; each < proofsOfStep; each += 1)
      ids.push(await world.submit({ mode: 'tee', vkHash: scriptedVkHash }));
    // Time passes for the keys while guests run.
    const executing = execute(world, () => Buffer.from(`public values ${++asked}`));
    await rig.pass(2);
    await executing;
    // One whose key ends at this moment waits for the next.
    for (
      const isSigned = () => ids.every((id) => world.system.registry.view(id)?.state === 'fulfilled');
      !isSigned();
    ) {
      await rig.pass(1);
      await world.settle();
    }
    const at = await chainTime(rig);
    for (const proof of ids.map((id) => proofOf(world, id))) {
      assert.ok(await isAccepted(rig, proof, at), `step ${step}: when it is answered`);
      assert.ok(await isAccepted(rig, proof, at + minRemaining - 1), `step ${step}: 15 minutes later, as things are`);
      answered.push({ proof, at });
      // That the chain is asked as of another time makes a difference.
      if (step === 0) assert.ok(!(await isAccepted(rig, proof, at + 4_000)));
    }
    // By then keys have been superseded and retired, and others registered.
    const old = answered.filter((each) => at - each.at >= minRemaining - stepSeconds && at - each.at < minRemaining);
    for (const each of old) assert.ok(await isAccepted(rig, each.proof, at), `step ${step}: of ${at - each.at} s ago`);
    await rig.chain.client.increaseTime({ seconds: stepSeconds });
    await rig.chain.mine();
  }
  assert.equal(answered.length, steps * proofsOfStep);
  const signers = new Set(rig.signers.keys().map(({ address }) => address));
  assert.ok(signers.size >= 4, `${signers.size} keys have signed`);
  assert.equal(rig.signers.counts.signatures, steps * proofsOfStep);
});

async function execute(world: World, publicValues: () => Buffer): Promise<void> {
  await world.settle();
  for (let next = world.lanes.waiting[0]; next !== undefined; next = world.lanes.waiting[0]) {
    next.answer(successOf(next.job, publicValues()));
    await world.settle();
  }
}

function proofOf(world: World, id: RequestId): Buffer {
  const view = world.system.registry.view(id);
  assert.ok(view?.state === 'fulfilled');
  return readFileSync(world.layout.final(view.proof.id, 'proof').path);
}

const chainTime = async ({ chain }: ChainRig) =>
  Number((await chain.client.getBlock({ blockTag: 'latest' })).timestamp);

/** What the contract says of it at this second. */
async function isAccepted({ chain, contracts }: ChainRig, proof: Buffer, at: number): Promise<boolean> {
  const { vkHash, publicValues, signature } = parseTeeProof(proof);
  const args: [Hex, Hex, Hex] = [`0x${vkHash}`, toHex(publicValues), toHex(signature)];
  const data = encodeFunctionData({ abi: multiProof.abi, functionName: 'verifyTEEProof', args });
  try {
    await chain.client.call({ to: contracts.multiProof, data, blockOverrides: { time: BigInt(at) } });
    return true;
  } catch (error) {
    assert.match(String(error), /revert/i);
    return false;
  }
}
