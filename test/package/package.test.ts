// What `npm i sealed-prover` brings: a client whose types compile, a command line, and a way to an engine.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { checkout, type Installed, installPackage } from './installed.js';

/** Uses every part of the client that a program uses. */
const consumer = `
import {
  type Client, ClientError, type ClientParameters, createClient, inspectProofFile, parseVkHash, type ProofMode,
  parseProofFile, type RequestStatus, type RequestUpdate, u32Buffer,
} from 'sealed-prover';
import {
  appraise, AttestationError, adviceOf, decodeReport, type Evidence, examineQuote, parsePolicy, type QuoteClaims, type Verdict, verifyQuote,
} from 'sealed-prover/attestation';
import { createClient as same } from 'sealed-prover/client';

export async function judge(header: string, collateral: string, now: number, evidence: Evidence): Promise<Verdict | string> {
  try {
    const quote: Uint8Array = decodeReport(header);
    const claims: QuoteClaims = await verifyQuote({ quote, collateral, now });
    if (claims.td.later?.mrServiceTd[0] === 1) return claims.tcbStatus;
    const examination = await examineQuote({ quote, collateral, now });
    return await appraise({ examination, evidence, policy: await parsePolicy('{}'), now });
  } catch (error) {
    return error instanceof AttestationError ? adviceOf[error.code] : 'other';
  }
}

const parameters: ClientParameters = { url: 'http://127.0.0.1:8080', privateKey: '11'.repeat(32), token: () => 't' };
const client: Client = createClient(parameters);
export async function run(signal: AbortSignal): Promise<string> {
  const vkHash = parseVkHash('00'.repeat(32));
  if (vkHash === undefined) throw new Error('no hash');
  const mode: ProofMode = 'core';
  try {
    const requestId = await client.requestProof({ vkHash, mode, inputs: [u32Buffer(20), { path: 'in' }], signal });
    for await (const update of client.watch(requestId)) {
      const both: RequestUpdate & RequestStatus = update;
      if (both.state === 'fulfilled') return both.proofUrl + both.detail?.state;
    }
    const { proofUrl } = await client.waitProof(requestId, { signal });
    const { path, sizeBytes } = await client.download({ proofUrl, path: 'my.proof' });
    const bytes: Uint8Array = parseProofFile(new Uint8Array(sizeBytes)).publicValues;
    const verified: false = inspectProofFile(bytes, { vkHash }).verified;
    return path + verified + (same === createClient);
  } catch (error) {
    return error instanceof ClientError ? error.failure.code : 'other';
  } finally {
    client.close();
  }
}
`;

describe('the npm package', { timeout: 600_000 }, () => {
  let installed: Installed;
  before(async () => {
    installed = await installPackage();
  });
  const cli = (words: string[], environment?: Record<string, string>) =>
    installed.node([join(installed.root, 'dist', 'cli.js'), ...words], environment);

  it('holds what it names, the engine’s sources, and nothing of the tests', () => {
    const paths = installed.files.map(({ path }) => path);
    const { bin, exports, main, types, scripts } = JSON.parse(
      readFileSync(join(installed.root, 'package.json'), 'utf8'),
    );
    const named = [
      bin['sealed-prover'],
      main,
      types,
      ...Object.values(exports).flatMap((to) => Object.values(to as object)),
    ];
    for (const path of named.filter((path) => path.includes('/')))
      assert.ok(existsSync(join(installed.root, path)), path);
    for (const path of ['Cargo.lock', '.cargo/config.toml', 'engine/src/main.rs', 'conformance/Cargo.toml', 'LICENSE'])
      assert.ok(paths.includes(path), path);
    assert.deepEqual(
      paths.filter((path) => /\.test\.|testkit|\.map$|^(src|test|bench)\//.test(path)),
      [],
    );
    assert.ok(installed.size < 1_250_000, `${installed.size} bytes`);
    // Nothing runs while it is installed, so that no compiler is needed.
    assert.deepEqual(
      Object.keys(scripts).filter((name) => /^(pre|post)?(install|prepare)$/.test(name)),
      [],
    );
  });

  describe('in TypeScript, strict and with the types of libraries checked', () => {
    const compilers = {
      '5.4': join(checkout, 'node_modules/@tsd/typescript/typescript/lib/tsc.js'),
      'of this checkout': join(checkout, 'node_modules/typescript/lib/tsc.js'),
    };
    const settings = {
      'with Node’s types': { module: 'nodenext', types: ['node'] },
      'without Node’s types': { module: 'nodenext', types: [] },
      'with neither Node’s types nor a browser’s': { module: 'nodenext', types: [], lib: ['es2022'] },
      'for a bundler': { module: 'esnext', moduleResolution: 'bundler', target: 'es2022' },
    };
    for (const [version, compiler] of Object.entries(compilers)) {
      // The newest one is asked once: what it refuses, an older one refuses too.
      for (const [how, options] of Object.entries(settings).slice(0, version === '5.4' ? undefined : 1)) {
        it(`compiles with TypeScript ${version}, ${how}`, () => {
          const compilerOptions = { strict: true, exactOptionalPropertyTypes: true, skipLibCheck: false, noEmit: true };
          const config = { compilerOptions: { ...compilerOptions, ...options }, files: ['consumer.mts'] };
          writeFileSync(join(installed.folder, 'tsconfig.json'), JSON.stringify(config));
          writeFileSync(join(installed.folder, 'consumer.mts'), consumer);
          const { code, out } = installed.node([compiler, '--project', 'tsconfig.json']);
          assert.equal(out, '');
          assert.equal(code, 0);
        });
      }
    }
  });

  it('is imported by a module, and signs without a native build', () => {
    const program = `import { createClient } from 'sealed-prover';
      createClient({ url: 'http://127.0.0.1:9', privateKey: '11'.repeat(32) }).close(); console.log('made');`;
    assert.deepEqual(installed.node(['--input-type=module', '-e', program]), { code: 0, out: 'made\n', err: '' });
  });

  it('verifies attestations with nothing but the platform', () => {
    const program = `import { reportData, verifyQuote } from 'sealed-prover/attestation';
      const data = await reportData({});
      const code = await verifyQuote({ quote: data, collateral: '{}', now: 1 }).catch(({ code }) => code);
      console.log(data.byteLength, code);`;
    const { out, err } = installed.node(['--input-type=module', '-e', program]);
    assert.deepEqual([out, err], ['64 QUOTE_UNSUPPORTED\n', '']);
  });

  it('is required by CommonJS where Node can, and says `import()` where it cannot', () => {
    const program = "console.log(typeof require('sealed-prover').createClient)";
    // `process.features.require_module` is there from the versions on that can.
    const can = installed.node(['-p', 'process.features.require_module === true']).out.trim() === 'true';
    if (can) assert.equal(installed.node(['-e', program]).out, 'function\n');
    const old = installed.node([...(can ? ['--no-experimental-require-module'] : []), '-e', program]);
    assert.equal(old.code, 1);
    assert.match(old.err, /dynamic import\(\) which is available in all CommonJS modules[\s\S]*ERR_REQUIRE_ESM/);
    const dynamic = "import('sealed-prover').then(({ createClient }) => console.log(typeof createClient))";
    assert.equal(installed.node(['-e', dynamic]).out, 'function\n');
  });

  it('has a command line that says how to get an engine, builds it, and finds it', () => {
    assert.match(cli(['--help']).out, /^Usage: sealed-prover/);
    const elf = join(installed.root, 'examples/fibonacci/fibonacci.elf');
    for (const words of [['serve'], ['execute', '--program', elf, '--u32', '20']]) {
      const { code, err } = cli(words);
      assert.equal(code, 1);
      assert.match(
        err,
        /^This installation has no engine yet\. Build it once with: npx sealed-prover engine build .*\n$/,
      );
    }
    assert.match(
      cli(['engine', 'build'], { PATH: '/nowhere', CARGO_HOME: '/nowhere' }).err,
      /no cargo on this machine.*rustup/s,
    );

    const built = cli(['engine', 'build'], toolchain());
    assert.equal(built.code, 0, built.err);
    const engine = built.out.trim();
    assert.ok(engine.startsWith(installed.folder));
    assert.equal(JSON.parse(cli(['version', '--json']).out).engine, engine);
    assert.equal(cli(['version', '--json']).code, 0);
    assert.match(cli(['engine', 'build'], toolchain()).err, /built before/);
  });

  /** Rust as shell scripts: what is built is a script too. That the crates compile is for the suites that build the real engine. */
  function toolchain(): Record<string, string> {
    const bin = join(installed.folder, 'toolchain');
    mkdirSync(bin, { recursive: true });
    const script = (name: string, text: string) =>
      writeFileSync(join(bin, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
    script('rustc', 'echo "rustc 1.95.0 (f2d3ce0bd 2026-03-21)"; echo "host: x86_64-unknown-linux-gnu"');
    script('cc', 'exit 0');
    script(
      'cargo',
      `case "$1" in
-V) echo cargo;;
build)
  test -f conformance/Cargo.toml && test -f engine/src/main.rs && test -f Cargo.lock || exit 101
  mkdir -p "$CARGO_TARGET_DIR/release"
  printf '#!/bin/sh\\necho 6.10.0\\n' > "$CARGO_TARGET_DIR/release/sealed-prover-engine";;
esac`,
    );
    return { PATH: `${bin}:${process.env['PATH']}`, CARGO_HOME: installed.folder, PROTOC: '/bin/true' };
  }

  it('reads a proof file without an engine, and does not call it verified', () => {
    const path = join(installed.folder, 'no.proof');
    writeFileSync(path, 'text');
    const wrong = cli(['inspect', path]);
    assert.deepEqual(
      [wrong.code, wrong.err],
      [1, 'This is not a proof file: it does not begin with the mode of a proof.\n'],
    );
  });
});
