// Real proofs that survive the death of the engine or the service, as a user sees it: the command that waits goes on waiting.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { cliArguments, type RealService, startRealService } from '../../src/testkit/service/realService.js';
import { temporaryFolder } from '../../src/testkit/temporaryFolder.js';

const elf = 'examples/preimage/preimage.elf';
const work = temporaryFolder('durable');

/** Submits a private input and waits for its proof, in a process of its own. */
function prove(url: string, name: string): { requestId: Promise<string>; verified: Promise<number | null> } {
  const out = join(work, name);
  const args = [
    'prove',
    '--url',
    url,
    '--program',
    elf,
    '--stdin-file',
    'examples/preimage/input.bin',
    '--out',
    out,
    '--json',
  ];
  const child = spawn(process.execPath, cliArguments(...args), { stdio: ['ignore', 'pipe', 'pipe'] });
  let heard = '';
  const requestId = new Promise<string>((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        process.stderr.write(text);
        heard += text;
        const found = /0x([0-9a-f]{64})/.exec(heard.split('\n').find((line) => /^request/i.test(line)) ?? '');
        if (found?.[1]) resolve(found[1]);
      });
    }
  });
  return { requestId, verified: once(child, 'exit').then(([code]) => code as number | null) };
}

interface Detail {
  readonly state: string;
  readonly phase?: string;
  readonly attempt?: number;
  readonly progress?: { readonly stage: string };
}

/** Resolves once a lane works on the proof and has reported what it does. The request's own route is the only way to see it. */
async function midProof(url: string, requestId: string): Promise<void> {
  for (;;) {
    const detail = (await (await fetch(`${url}/requests/${requestId}`)).json()) as Detail;
    if (detail.state === 'proving' && detail.phase === 'running' && detail.progress?.stage === 'proving') return;
    assert.ok(!['fulfilled', 'failed', 'expired'].includes(detail.state), `it is already ${detail.state}`);
    await pause(50);
  }
}

const proverOf = (service: RealService): number =>
  Number(
    execFileSync('pgrep', ['-P', `${service.child.pid}`, '-f', 'role prove'])
      .toString()
      .trim(),
  );

describe('a real proof', () => {
  it('is made although the engine is killed in the middle of it', async () => {
    const service = await startRealService();
    const { requestId, verified } = prove(service.url, 'engine-killed.proof');
    const id = await requestId;
    await midProof(service.url, id);
    process.kill(proverOf(service), 'SIGKILL');
    assert.equal(await verified, 0);
    const { failure } = (await (await fetch(`${service.url}/requests/${id}`)).json()) as { failure?: unknown };
    assert.equal(failure, undefined);
    assert.equal(await service.stop(), 0);
  });

  it('is made although the service is killed in the middle of it, under the same id', async () => {
    const first = await startRealService();
    const { requestId, verified } = prove(first.url, 'service-killed.proof');
    const id = await requestId;
    await midProof(first.url, id);
    const prover = proverOf(first);
    await first.kill();
    // The engine dies with its parent: a prover left behind would eat the memory that the next one needs.
    for (let waited = 0; ; waited += 50) {
      try {
        process.kill(prover, 0);
      } catch {
        break;
      }
      assert.ok(waited < 60_000, 'the engine outlived the service');
      await pause(50);
    }
    const second = await first.again();
    assert.equal(await verified, 0);
    assert.equal(await second.stop(), 0);
  });
});
