// The verifier as browsers get it: bundled, within its size, and at work on quotes in a real one.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { createMockCase, type MockCase } from '../../src/testkit/attestation/mockPki.js';
import { createMockTarget, goodAppCompose } from '../../src/testkit/attestation/mockTarget.js';
import { findSamples, readQuoteFile, samples } from '../../src/testkit/attestation/samples.js';
import { runPage, withoutChromium } from './chromium.js';

/** Without `yaml`, which is loaded when a compose file is to be read. */
const mostGzipBytes = 60 * 1024;
const root = fileURLToPath(new URL('../..', import.meta.url));
const entry = join(root, 'src/attestation/verify/attestation.ts');

/** Scripts by path. A module of Node in them is an error of the bundler. */
async function bundle(external: readonly string[]): Promise<ReadonlyMap<string, Uint8Array>> {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: { attestation: entry },
    bundle: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    splitting: true,
    minify: true,
    write: false,
    outdir: '/',
    external: [...external],
  });
  return new Map(outputFiles.map(({ path, contents }) => [`/${basename(path)}`, contents]));
}

/** Bytes travel as `{hex}`. */
const page = `
import { appraise, examineQuote, parsePolicy } from '/attestation.js';
const revive = (_, value) =>
  typeof value?.hex === 'string' ? Uint8Array.from(value.hex.match(/../g), (two) => parseInt(two, 16)) : value;
const answers = [];
try {
  const questions = JSON.parse(await (await fetch('/questions.json')).text(), revive);
  for (const { evidence = { target: { kind: 'quote' } }, policy, ...question } of questions) {
    const examination = await examineQuote(question);
    const { verdict, level, facts, checks } = await appraise({
      examination, evidence, now: question.now, policy: policy && (await parsePolicy(policy)),
    });
    answers.push({ verdict, level, status: facts.tcbStatus, failed: checks.flatMap(({ code = [] }) => code) });
  }
} catch (error) {
  answers.push(String(error));
}
await fetch('/result', { method: 'POST', body: JSON.stringify(answers) });
`;

/** A Buffer writes itself in a way of its own. */
const withoutRoot = ({ rootDer: _, ...target }: MockCase): object => target;
const withHex = (_: string, value: unknown): unknown =>
  value instanceof Uint8Array ? { hex: Buffer.from(value).toString('hex') } : value;

describe('sealed-prover/attestation in a browser', () => {
  let scripts: ReadonlyMap<string, Uint8Array>;
  before(async () => {
    scripts = await bundle([]);
  });

  const ask = async (questions: readonly object[]) =>
    (await runPage({
      files: new Map<string, string | Uint8Array>([
        ...scripts,
        ['/page.js', page],
        ['/questions.json', JSON.stringify(questions, withHex)],
      ]),
    })) as unknown[];

  it('has less than 60 KB, compressed and without the reader of YAML', async (t) => {
    const own = await bundle(['yaml']);
    const size = [...own.values()].reduce((total, contents) => total + gzipSync(contents).byteLength, 0);
    t.diagnostic(`${size} bytes`);
    assert.ok(size < mostGzipBytes, `${size} bytes`);
  });

  it('verifies quotes of the mock PKI, and refuses what it refuses elsewhere', { skip: withoutChromium }, async () => {
    const questions = [
      createMockCase(),
      createMockCase({ version: 5, body: 'TD 1.5-Ex' }),
      createMockCase({ pckCrl: { revoked: [0x12_34_56] } }),
    ];
    assert.deepEqual(await ask(questions.map(withoutRoot)), [
      { verdict: 'accepted', level: 'genuine', status: 'UpToDate', failed: [] },
      { verdict: 'accepted', level: 'genuine', status: 'UpToDate', failed: [] },
      { verdict: 'rejected', level: 'none', failed: ['CERT_REVOKED'] },
    ]);
  });

  it('judges a whole target, and loads the reader of YAML for its compose file', {
    skip: withoutChromium,
  }, async () => {
    const changed = await createMockTarget({
      appCompose: { ...goodAppCompose, docker_compose_file: 'services: {a: {image: b}}' },
    });
    assert.deepEqual(await ask([withoutRoot(await createMockTarget()), withoutRoot(changed)]), [
      { verdict: 'accepted', level: 'identified', status: 'UpToDate', failed: [] },
      { verdict: 'rejected', level: 'identified', status: 'UpToDate', failed: ['IMAGE_UNPINNED'] },
    ]);
  });

  it('verifies quotes that Intel signed', { skip: withoutChromium || withoutSamples() }, async () => {
    const folder = findSamples();
    const answers = await ask(
      samples.map(({ quote, collateral, now }) => ({
        quote: readQuoteFile(join(folder, quote)),
        collateral: readFileSync(join(folder, collateral), 'utf8'),
        now,
      })),
    );
    assert.deepEqual(
      answers.map(
        (answer) =>
          (answer as { status?: string; failed: string[] }).status ?? (answer as { failed: string[] }).failed[0],
      ),
      samples.map(({ expected }) => (typeof expected === 'string' ? expected : expected.status)),
    );
  });
});

/** They come with a crate. */
function withoutSamples(): string | false {
  try {
    findSamples();
    return false;
  } catch {
    return 'NOT RUN: the quotes come with the crate dcap-qvl, and cargo cannot fetch it here. See https://rustup.rs';
  }
}
