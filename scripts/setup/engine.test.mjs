import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { after, beforeEach, test } from 'node:test';
import { binaries, buildBinary, buildKey, pruneBuilds } from './engine.mjs';
import { pointerPath } from './folders.mjs';

const base = mkdtempSync(join(tmpdir(), 'sealed-engine-test-'));
after(() => rmSync(base, { recursive: true }));

let root;
let cache;
let env;
let runs = 0;

/** A checkout with sources, and a toolchain of shell scripts: cargo copies a source file to where a build would be. */
beforeEach(() => {
  const folder = join(base, `${runs++}`);
  root = join(folder, 'checkout');
  cache = join(folder, 'cache');
  const bin = join(folder, 'bin');
  for (const path of [join(root, 'engine', 'src'), bin]) mkdirSync(path, { recursive: true });
  for (const name of ['Cargo.toml', 'Cargo.lock', 'engine/Cargo.toml']) writeFileSync(join(root, name), name);
  writeFileSync(join(root, 'engine', 'src', 'main.rs'), 'version 1');
  const script = (name, text) => writeFileSync(join(bin, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  script('rustc', 'echo "rustc 1.95.0 (f2d3ce0bd 2026-03-21)"; echo "host: x86_64-unknown-linux-gnu"');
  script('cc', 'exit 0');
  script(
    'cargo',
    `case "$1" in
-V) echo cargo;;
fetch) echo "  Downloading 4 crates" >&2;;
build)
  echo "$@" >> ${folder}/builds
  echo "   Building [=====>   ] 3/7: slop-algebra" >&2
  if grep -q broken engine/src/main.rs; then echo "error: it is broken" >&2; exit 101; fi
  mkdir -p "$CARGO_TARGET_DIR/release"
  cp engine/src/main.rs "$CARGO_TARGET_DIR/release/sealed-prover-engine";;
esac`,
  );
  env = {
    ...process.env,
    PATH: `${bin}${delimiter}${process.env.PATH}`,
    CARGO_HOME: folder,
    PROTOC: '/bin/true',
    RUSTFLAGS: '',
  };
});

const build = (progress = () => {}) => buildBinary({ root, cache, which: 'engine', env, progress });
const builds = () => {
  const log = join(dirname(root), 'builds');
  return existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : [];
};

test('builds once per content, and points the checkout to its build', async () => {
  const said = [];
  const first = await build((text) => said.push(text));
  assert.equal(first.changed, true);
  assert.equal(readFileSync(first.path, 'utf8'), 'version 1');
  assert.deepEqual(
    ['downloading 4 crates', '3 of 7 crates (slop-algebra)'].filter((text) => !said.includes(text)),
    [],
  );
  assert.match(
    builds()[0],
    /--release --locked -p sealed-prover-engine -p sealed-prover-conformance --bin sealed-prover-engine/,
  );

  assert.deepEqual(await build(), { changed: false, note: 'built before', path: first.path });
  writeFileSync(join(root, 'engine', 'src', 'main.rs'), 'version 2');
  const second = await build();
  assert.notEqual(second.path, first.path);
  assert.equal(JSON.parse(readFileSync(pointerPath(cache, 'engine', root), 'utf8')).path, second.path);

  writeFileSync(join(root, 'engine', 'src', 'main.rs'), 'version 1');
  assert.equal((await build()).path, first.path);
  assert.equal(builds().length, 2);
});

test('two set-ups at once build once', async () => {
  const [a, b] = await Promise.all([build(), build()]);
  assert.equal(a.path, b.path);
  assert.deepEqual([a.changed, b.changed].sort(), [false, true]);
  assert.equal(builds().length, 1);
});

test('a build that fails shows its last words and leaves nothing that looks built', async () => {
  writeFileSync(join(root, 'engine', 'src', 'main.rs'), 'broken');
  await assert.rejects(build(), (error) => {
    assert.match(error.message, /`cargo build` ended with code 101\.\nerror: it is broken/);
    assert.doesNotMatch(error.message, /Building/);
    return true;
  });
  assert.ok(!existsSync(join(cache, 'engine')));
  assert.ok(!existsSync(join(cache, 'target.lock')));
});

test('the key follows sources, lockfile, compiler and flags', () => {
  const keys = new Set();
  const add = (rustc = 'rustc 1.95.0', flags = '') => keys.add(buildKey(root, 'engine', rustc, { RUSTFLAGS: flags }));
  add();
  add();
  assert.equal(keys.size, 1);
  add('rustc 1.96.0');
  add('rustc 1.95.0', '-C target-cpu=native');
  writeFileSync(join(root, 'Cargo.lock'), 'other');
  add();
  writeFileSync(join(root, 'engine', 'src', 'more.rs'), '');
  add();
  assert.equal(keys.size, 5);
});

test('keeps the newest builds and those that a checkout points to', async () => {
  const { path } = await build();
  const old = new Date(Date.now() - 1e9);
  utimesSync(dirname(path), old, old);
  for (const [i, key] of ['a', 'b', 'c', 'd'].entries()) {
    mkdirSync(join(cache, 'engine', key));
    const at = new Date(Date.now() - 1e6 * (i + 1));
    utimesSync(join(cache, 'engine', key), at, at);
  }
  pruneBuilds(cache, binaries.engine.folder);
  assert.deepEqual(
    new Set(readdirSync(join(cache, 'engine'))),
    new Set(['a', 'b', 'c', dirname(path).split('/').at(-1)]),
  );
});

test('no linker is a message before cargo runs', async () => {
  writeFileSync(join(dirname(root), 'bin', 'cc'), '#!/bin/sh\nexit 1\n');
  await assert.rejects(build(), { name: 'RustMissing', message: /no `cc`.*build-essential/ });
  assert.deepEqual(builds(), []);
});

test('a crate that is alone is built in its own folder, with its own lockfile and target', async () => {
  mkdirSync(join(root, 'oracle', 'engine', 'src'), { recursive: true });
  for (const name of ['Cargo.toml', 'Cargo.lock']) writeFileSync(join(root, 'oracle', name), name);
  writeFileSync(join(root, 'oracle', 'engine', 'src', 'main.rs'), 'the oracle');
  const cargo = join(dirname(root), 'bin', 'cargo');
  writeFileSync(
    cargo,
    readFileSync(cargo, 'utf8').replaceAll('release/sealed-prover-engine', 'release/sealed-prover-oracle'),
  );
  const { path } = await buildBinary({ root, cache, which: 'oracle', env, progress: () => {} });
  assert.equal(readFileSync(path, 'utf8'), 'the oracle');
  assert.equal(builds()[0], 'build --release --locked --bin sealed-prover-oracle');
  assert.ok(existsSync(join(cache, 'target-oracle')) && !existsSync(join(cache, 'target')));
});
