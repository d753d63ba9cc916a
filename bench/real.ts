// `--real`: proofs of fibonacci (n = 20) by the real engine through the service, beside the SDK's own CPU prover, one after the other
// in the same run. For each side a first proof from a cold start (process, prover, set-up of the program, proof) and a second one
// that finds everything warm. The service's time ends with the proof downloaded, and holds its execution and its verification.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { withLocalEngine } from '../src/cli/localEngine.js';
import { type Client, createClient, type ProgramKey, type ProofMode, u32Buffer } from '../src/client/client.js';
import { encodeProgram } from '../src/client/encode.js';
import { holdingClock } from '../src/clock.js';
import { parseVk, vkHash } from '../src/engines/vk.js';
import { conformanceClient } from './conformanceClient.js';
import type { Figure } from './figures.js';
import { startService } from './service.js';
import { dataIn, type Part, type Setting } from './setting.js';

const elfPath = fileURLToPath(new URL('../examples/fibonacci/fibonacci.elf', import.meta.url));
const elf = readFileSync(elfPath);
const modes: readonly ProofMode[] = ['core', 'compressed'];
const pollMs = 100;

/** What the conformance client prints for `local` (conformance/src/local.rs). */
interface LocalReport {
  readonly loadMs: number;
  readonly setUpMs: number;
  readonly firstProofMs: number;
  readonly secondProofMs: number;
}

export const measureReal: Part = async (setting) => {
  const engine = process.env['SEALED_ENGINE'];
  if (engine === undefined) throw new Error('There is no engine: name one in SEALED_ENGINE, or run `npm run bench`.');
  const key = await programKey(engine);
  const figures: Figure[] = [];
  for (const mode of modes) {
    const local = await measureSdk(mode, setting);
    const ours = await measureService(engine, key, mode, setting);
    const part = `real, ${mode}`;
    const second = (measure: string, ms: number, rest: Partial<Figure> = {}) =>
      figures.push({ part, measure, value: ms / 1000, unit: 's', ...rest });
    second('SDK: load, set-up and first proof', local.loadMs + local.setUpMs + local.firstProofMs);
    second('service: start to first proof', ours.firstMs, {
      aim: { most: (local.loadMs + local.setUpMs + local.firstProofMs) / 1000 },
    });
    second('SDK: second proof', local.secondProofMs);
    second('service: second proof', ours.secondMs, { aim: { most: local.secondProofMs / 1000 } });
  }
  return figures;
};

async function programKey(engine: string): Promise<ProgramKey> {
  const signal = new AbortController().signal;
  const program = await encodeProgram(elf);
  const vk = await withLocalEngine(engine, { clock: holdingClock, signal }, (local) => local.setup(program));
  const parsed = parseVk(vk);
  if (parsed === undefined) throw new Error('the engine answered with a verifying key that is none');
  return { vk, vkHash: vkHash(parsed) };
}

async function measureSdk(mode: ProofMode, { say }: Setting): Promise<LocalReport> {
  const binary = conformanceClient();
  say(`real: the SDK's own prover, ${mode}, two proofs (minutes)`);
  const args = ['local', '--program', elfPath, '--input-u32', '20', '--proof-mode', mode];
  const child = spawn(binary, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  const [printed, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  if (code !== 0) throw new Error(`the SDK's prover failed: ${printed}`);
  return JSON.parse(printed) as LocalReport;
}

async function measureService(engine: string, key: ProgramKey, mode: ProofMode, setting: Setting) {
  const { cli, folder, say } = setting;
  const service = await startService({ cli, engine, data: dataIn(setting, `real-${mode}`), folder });
  const client = createClient({ url: service.url, privateKey: '01'.repeat(32) });
  try {
    await client.registerProgram({ elf, ...key });
    await proveOnce(client, key, mode, setting);
    const firstMs = performance.now() - service.spawnedAt;
    say(`real: ${mode}, first proof after ${Math.round(firstMs / 1000)} s`);
    const secondAt = performance.now();
    await proveOnce(client, key, mode, setting);
    return { firstMs, secondMs: performance.now() - secondAt };
  } finally {
    client.close();
    await service.kill();
  }
}

async function proveOnce(client: Client, key: ProgramKey, mode: ProofMode, { folder, say }: Setting): Promise<void> {
  const requestId = await client.requestProof({ vkHash: key.vkHash, mode, inputs: [u32Buffer(20)] });
  let told = '';
  const { proofUrl } = await client.waitProof(requestId, {
    pollMs,
    onUpdate({ state }) {
      if (state !== told) say(`real: ${mode}, ${state}`);
      told = state;
    },
  });
  await client.download({ proofUrl, path: join(folder, `${mode}.proof`) });
}
