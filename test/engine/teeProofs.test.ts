// Mode tee with the real engine, on a real chain whose registry an operator registers keys with by hand: so that a request can be met while it
// waits for its signature.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { Hex } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { ChainOfDemo } from '../../scripts/demoTee/onChain.js';
import { createProof } from '../../scripts/demoTee/proof.js';
import { runTeeStatus } from '../../src/cli/teeOperator.js';
import type { VkHash } from '../../src/client/client.js';
import { holdingClock } from '../../src/clock.js';
import { type Chain, startChain } from '../../src/testkit/chain/chain.js';
import { required } from '../../src/testkit/service/realService.js';
import { replayExample } from '../../src/testkit/service/recordedExample.js';
import { createServiceRig, type ServiceProcess, type ServiceRig } from '../../src/testkit/service/serviceRig.js';

const u32 = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};
const example = (name: string) => readFileSync(`examples/${name}/${name}.elf`);

/** Vectors 3 and 4 of the format: keys of programs that are committed, so they are what every machine sets up. */
const fibonacci = {
  elf: example('fibonacci'),
  input: u32(20),
  vkHash: '5bf1424e632abfd17cb0ffd37d26c69240d22974306943e60f3a713a3a7306ec' as VkHash,
  publicValues: '140000006d1a0000c22a0000',
};
const preimage = {
  elf: example('preimage'),
  input: readFileSync('examples/preimage/input.bin'),
  vkHash: '664e6f7c14bb12916c8d14cb3031b6f451785a0e0488400538e5493532a2ba64' as VkHash,
  publicValues: readFileSync('examples/preimage/expected.hex', 'utf8').trim(),
};
/** What preimage commits to, and a byte less than would do for ballast. */
const maxPublicValuesBytes = 39;

let chain: Chain;
let onChain: ChainOfDemo;
let rig: ServiceRig;
before(async () => {
  chain = await startChain();
  onChain = await ChainOfDemo.deploy(chain);
  const flags = {
    tee: 'dev',
    'tee-registry': onChain.registry,
    'tee-chain-id': `${chain.chainId}`,
    'tee-rpc': chain.url,
    'tee-registrar': 'external',
    'tee-max-public-values': `${maxPublicValuesBytes}`,
    'cpu-prove-lanes': '0',
    engine: required('SEALED_ENGINE'),
  };
  rig = await createServiceRig({ flags });
});
after(async () => {
  await rig?.end();
  await chain?.stop();
});

const post = async (path: string, body: string) => {
  const answer = await fetch(rig.url + path, { method: 'POST', body });
  return { status: answer.status, bytes: Buffer.from(await answer.arrayBuffer()), headers: answer.headers };
};

const bodyOf = (elf: Uint8Array, ...buffers: Uint8Array[]) =>
  JSON.stringify({
    elf: [...elf],
    stdin: { buffer: buffers.map((each) => [...each]), ptr: 0, proofs: [] },
    proof_mode: 'TEE',
  });

async function request(elf: Uint8Array, ...buffers: Uint8Array[]): Promise<string> {
  const { status, bytes } = await post('/request_proof', bodyOf(elf, ...buffers));
  assert.equal(status, 200, bytes.toString());
  return bytes.toString();
}

/** Resolves when the request is in one of these states. */
async function until(requestId: string, ...states: readonly string[]): Promise<void> {
  for (;;) {
    const { state } = (await (await fetch(`${rig.url}/requests/${requestId}`)).json()) as { state: string };
    if (states.includes(state)) return;
    assert.ok(!['fulfilled', 'failed', 'cancelled', 'expired'].includes(state), `it is already ${state}`);
    await pause(50);
  }
}

/** Sends the registration that the service has ready, as its operator would. Answers the address that signs then. */
async function registerKey(): Promise<string> {
  const [sender] = chain.accounts;
  assert.ok(sender);
  let [sent, blocks] = [false, 0];
  for (;;) {
    const { signer, pending } = await teeStatus();
    if (signer !== undefined) return signer;
    if (pending !== undefined && !sent) {
      const account = privateKeyToAccount(sender.privateKey);
      const { to, data } = pending;
      await chain.client.sendTransaction({ account, chain: chain.client.chain, to, data });
      sent = true;
    }
    // A key is used once the block of its registration has successors. Not without an end: each block is a second of its life.
    if (sent && blocks++ < 20) await chain.mine();
    await pause(100);
  }
}

async function teeStatus(): Promise<{ signer?: string; pending?: { to: Hex; data: Hex } }> {
  let text = '{}';
  const output = {
    print(printed: string) {
      text = printed;
    },
  };
  const cli = {
    environment: {},
    output: output as never,
    clock: holdingClock,
    outliveReaders: () => {},
    interruptible: <T>(work: (signal: AbortSignal) => Promise<T>) => work(new AbortController().signal),
  };
  await runTeeStatus(cli, { data: rig.data, json: true });
  return JSON.parse(text);
}

async function signedProof(
  requestId: string,
  { vkHash, publicValues }: typeof fibonacci,
  signer: string,
): Promise<void> {
  const { status, bytes, headers } = await post('/wait_proof', requestId);
  assert.equal(status, 200, bytes.toString());
  assert.equal(headers.get('tee-signer'), signer.toLowerCase());
  const proof = createProof(bytes, vkHash, 0);
  assert.equal(Buffer.from(proof.publicValues).toString('hex'), publicValues);
  assert.ok(proof.isSignedBy(signer));
  assert.ok(await onChain.accepts(proof), 'by the contract');
  assert.ok(!(await onChain.accepts(proof.withOtherPublicValues())));
  // The signature is a recorded result: asking again gives the same bytes.
  assert.deepEqual((await post('/wait_proof', requestId)).bytes, bytes);
}

const signaturesMade = async () => {
  const text = await (await fetch(`${rig.url}/metrics`)).text();
  return Number(/^sealed_tee_signatures_total (\d+)$/m.exec(text)?.[1]);
};

describe('mode tee with the real engine', { timeout: 600_000 }, () => {
  let service: ServiceProcess;
  let signer: string;

  it('T39, T41: killed in signing and while it executes, the service executes both again and signs with its new key', async () => {
    const first = await rig.serve();
    const waits = await request(preimage.elf, preimage.input);
    await until(waits, 'signing');
    // No key is registered, and none is going to be.
    assert.equal(await signaturesMade(), 0);
    const runs = await request(fibonacci.elf, fibonacci.input);
    await until(runs, 'executing', 'signing');
    await first.kill();

    service = await rig.serve();
    await until(waits, 'signing');
    signer = await registerKey();
    await signedProof(waits, preimage, signer);
    await signedProof(runs, fibonacci, signer);
    await service.until(({ event, requestId }) => event === 'execution.unvouched' && requestId === waits);
    assert.equal(await signaturesMade(), 2);
  });

  it('signs nothing for a guest that fails, and says at once why', async () => {
    const cases = [
      ['panic', example('panic'), Buffer.alloc(0), /HALT_WITH_NON_ZERO_EXIT_CODE.*exit code 1/],
      ['exit code 3', readFileSync('test/engine/guests/exit_code_3.elf'), Buffer.alloc(0), /exit code 3/],
      ['refused input', fibonacci.elf, u32(100_000_001), /exit code 1/],
      ['other values', readFileSync('test/engine/guests/other_values.elf'), Buffer.alloc(4), /another digest/],
      [
        'too many',
        example('ballast'),
        Buffer.from('some bytes'),
        /40 bytes of public values, and at most 39 are signed for/,
      ],
    ] as const;
    for (const [what, elf, input, sentence] of cases) {
      const id = await request(elf, input, input);
      const { status, bytes } = await post('/wait_proof', id);
      assert.equal(status, 422, what);
      assert.match(bytes.toString(), sentence);
    }
    assert.equal(await signaturesMade(), 2);
  });

  it('T34: refuses an ELF of SP1 5 by name, before anything is kept of it', async () => {
    const older = Buffer.from(fibonacci.elf);
    older[4] = 1;
    const { status, bytes } = await post('/request_proof', bodyOf(older, fibonacci.input));
    assert.equal(status, 400);
    assert.match(bytes.toString(), /32-bit.*SP1 6/);
  });

  it('T37: serves the example client as it was recorded', async () => {
    const example = await replayExample(rig.port);
    const { body } = await example.requestProof();
    const { status, body: proof } = await example.waitProof(body.toString());
    example.end();
    assert.equal(status, 200, proof.toString());
    const { vk, public_values: values } = JSON.parse(proof.toString()) as { vk: number[]; public_values: number[] };
    assert.equal(Buffer.from(vk).toString('hex'), fibonacci.vkHash);
    // F(500) and F(501), modulo 2^32.
    assert.equal(Buffer.from(values).toString('hex'), 'f40100002d3dc912c2f5d88e');
  });

  it('is still there for the next one', async () => {
    await signedProof(await request(fibonacci.elf, fibonacci.input), fibonacci, signer);
    assert.equal(await service.stop(), 0);
  });
});
