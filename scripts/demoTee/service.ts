// A service that signs, for as long as the demonstration lasts, and has a program executed on a private input.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Hex } from 'viem';
import type { Cli } from '../../src/cli/cli.js';
import { startDemoService } from '../../src/cli/demoService.js';
import { createOutput } from '../../src/cli/output.js';
import { programKeyOf } from '../../src/cli/programKey.js';
import { runTeeRotate } from '../../src/cli/teeOperator.js';
import { holdingClock } from '../../src/clock.js';
import type { Chain } from '../../src/testkit/chain/chain.js';
import { createProof, type DemoProof } from './proof.js';

export interface SigningService {
  readonly url: string;
  readonly folder: string;
  /** With 0x. Waits until another one than `before` signs. */
  activeSigner(before?: string): Promise<string>;
  /** `secret`: the private input. Only its SHA-256 is committed to. */
  prove(secret: string): Promise<DemoProof>;
  rotate(): Promise<void>;
  stop(): Promise<void>;
}

const elfPath = 'examples/preimage/preimage.elf';
/** A registration takes a few seconds here: the service looks at the chain every four. */
const patienceMs = 90_000;
const pauseMs = 200;

const cli: Cli = {
  environment: process.env,
  output: createOutput(process.stdout, process.stderr),
  clock: holdingClock,
  outliveReaders: () => {},
  interruptible: (work) => work(new AbortController().signal),
};

export async function startSigningService({
  chain,
  registry,
}: {
  chain: Chain;
  registry: Hex;
}): Promise<SigningService> {
  const folder = mkdtempSync(join(tmpdir(), 'sealed-demo-'));
  const payer = chain.accounts[3];
  assert.ok(payer);
  const keyFile = join(folder, 'registrar.key');
  writeFileSync(keyFile, payer.privateKey, { mode: 0o600 });
  const data = join(folder, 'data');
  const flags = {
    tee: 'dev',
    'tee-registry': registry,
    'tee-chain-id': `${chain.chainId}`,
    'tee-rpc': chain.url,
    'tee-key-file': keyFile,
    'cpu-prove-lanes': '0',
  };
  const more = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value]);
  const engine = process.env['SEALED_ENGINE'];
  const service = await startDemoService(cli, { data, engine, attest: false, more });
  const elf = readFileSync(elfPath);
  const key = await programKeyOf(cli, elf, { engine, signal: new AbortController().signal });

  async function call(path: string, body: string): Promise<Buffer> {
    const answer = await fetch(service.url + path, { method: 'POST', body });
    const bytes = Buffer.from(await answer.arrayBuffer());
    if (!answer.ok) throw new Error(`${path} was answered with ${answer.status}: ${bytes}`);
    return bytes;
  }

  return {
    url: service.url,
    folder,
    async activeSigner(before) {
      const until = holdingClock.steady() + patienceMs;
      for (;;) {
        const answer = await fetch(`${service.url}/tee/signers`);
        const { signer, reason } = (await answer.json()) as { signer?: string; reason?: string };
        if (signer !== undefined && signer !== before) return signer;
        if (holdingClock.steady() > until) throw new Error(`No key signs: ${reason ?? 'the old one still does'}.`);
        await new Promise<void>((resolve) => holdingClock.wakeIn(pauseMs, resolve));
      }
    },
    async prove(secret) {
      const startedAt = holdingClock.steady();
      // The two calls of Automata's sp1-tee-prover, as its clients make them.
      const stdin = { buffer: [[...Buffer.from(secret)]], ptr: 0, proofs: [] };
      const id = await call('/request_proof', JSON.stringify({ elf: [...elf], stdin, proof_mode: 'TEE' }));
      const proof = await call('/wait_proof', id.toString());
      return createProof(proof, key.vkHash, Math.round(holdingClock.steady() - startedAt));
    },
    async rotate() {
      const quiet: Cli = { ...cli, output: { ...cli.output, print: () => {} } };
      const exitCode = await runTeeRotate(quiet, { data, reason: 'the demonstration' });
      assert.equal(exitCode, 0, 'a rotation begins');
    },
    stop: () => service.stop(),
  };
}
