import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { findProtoc, parseProgress } from './cargo.mjs';
import { digestOf } from './digest.mjs';
import { isBuilt } from './dist.mjs';
import { isAtLeast, oldestNode } from './node.mjs';
import { findMissingPackage } from './packages.mjs';
import { formatDuration } from './report.mjs';
import { isOlder, oldestRust, parseRustVersion, requireRust } from './rust.mjs';

const folder = mkdtempSync(join(tmpdir(), 'sealed-checks-'));
after(() => rmSync(folder, { recursive: true }));

test('Node.js from 22.15 up', () => {
  for (const version of ['22.15.0', '22.20.2', '23.0.0', '24.1.0']) assert.ok(isAtLeast(version, oldestNode), version);
  for (const version of ['20.20.2', '22.14.9', '9.11.0']) assert.ok(!isAtLeast(version, oldestNode), version);
});

test('Rust from 1.91.1 up', () => {
  const version = (text) => parseRustVersion(`rustc ${text} (f2d3ce0bd 2026-03-21)`);
  for (const text of ['1.91.1', '1.95.0', '2.0.0', '1.100.0-nightly'])
    assert.ok(!isOlder(version(text), oldestRust), text);
  for (const text of ['1.91.0', '1.63.0', '1.9.9']) assert.ok(isOlder(version(text), oldestRust), text);
  assert.equal(parseRustVersion('command not found'), undefined);
});

test('no cargo, or an old one, says what to install', () => {
  const empty = join(folder, 'empty');
  mkdirSync(empty);
  assert.throws(() => requireRust({ PATH: empty, CARGO_HOME: empty }), { name: 'RustMissing', message: /rustup\.rs/ });
  for (const name of ['rustc', 'cargo'])
    writeFileSync(join(empty, name), '#!/bin/sh\necho "rustc 1.63.0 (4b91a6ea7)"\n', { mode: 0o755 });
  assert.throws(() => requireRust({ PATH: empty, CARGO_HOME: empty }), {
    name: 'RustMissing',
    message: /1\.91\.1 or later.*rustup update/,
  });
});

test('cargo’s progress becomes a few words', () => {
  assert.equal(
    parseProgress('    Building [=====>      ] 120/546: p3-field, slop-algebra(build)'),
    '120 of 546 crates (p3-field)',
  );
  assert.equal(parseProgress('\u001b[1m\u001b[36m    Building\u001b[0m [=> ] 1/2'), '1 of 2 crates');
  assert.equal(parseProgress('  Downloaded syn v2.0.1'), 'downloaded syn v2.0.1');
  assert.equal(parseProgress(' Fetch [==>   ] 157 complete; 5 pending'), 'reading the registry, 157 done');
  assert.equal(parseProgress('error[E0425]: cannot find value'), undefined);
  assert.equal(parseProgress('warning: unused'), undefined);
});

test('protoc comes from the registry package of this platform', () => {
  const packages = [
    { name: 'protoc-bin-vendored', manifest_path: '/r/protoc-bin-vendored-3.2.0/Cargo.toml' },
    { name: 'protoc-bin-vendored-linux-x86_64', manifest_path: '/r/protoc-bin-vendored-linux-x86_64-3.2.0/Cargo.toml' },
  ];
  assert.equal(findProtoc({ packages }, 'linux-x64'), '/r/protoc-bin-vendored-linux-x86_64-3.2.0/bin/protoc');
  assert.equal(findProtoc({ packages }, 'linux-arm64'), undefined);
  assert.equal(findProtoc({ packages }, 'plan9-mips'), undefined);
});

test('packages are missing until every locked one is installed in its version', () => {
  const root = join(folder, 'npm');
  const write = (path, packages) => {
    mkdirSync(join(root, path, '..'), { recursive: true });
    writeFileSync(join(root, path), JSON.stringify({ packages }));
  };
  const a = { 'node_modules/a': { version: '1.0.0' } };
  const native = { 'node_modules/@x/win32': { version: '1.0.0', optional: true } };
  write('package-lock.json', { '': { version: '9' }, ...a, ...native });
  assert.equal(findMissingPackage(root), 'all of them');
  write('node_modules/.package-lock.json', {});
  assert.equal(findMissingPackage(root), 'a');
  write('node_modules/.package-lock.json', a);
  assert.equal(findMissingPackage(root), 'a', 'listed, but its folder is gone');
  mkdirSync(join(root, 'node_modules', 'a'));
  assert.equal(findMissingPackage(root), undefined);
  write('package-lock.json', { 'node_modules/a': { version: '1.0.1' } });
  assert.equal(findMissingPackage(root), 'a');
});

test('dist is built again when a source changes, appears or moves', () => {
  const root = join(folder, 'dist-test');
  mkdirSync(join(root, 'src', 'deep'), { recursive: true });
  mkdirSync(join(root, 'dist'));
  writeFileSync(join(root, 'src', 'deep', 'a.ts'), 'one');
  const inputs = ['src', 'tsconfig.json', 'tsconfig.build.json', 'package-lock.json'];
  writeFileSync(join(root, 'dist', '.built-from'), digestOf(root, inputs));
  assert.ok(isBuilt(root));
  writeFileSync(join(root, 'src', 'b.ts'), '');
  assert.ok(!isBuilt(root));
  rmSync(join(root, 'src', 'b.ts'));
  assert.ok(isBuilt(root));
  writeFileSync(join(root, 'src', 'deep', 'a.ts'), 'two');
  assert.ok(!isBuilt(root));
});

test('durations read well', () => {
  assert.deepEqual([40, 59_900, 59_960, 75_000].map(formatDuration), ['0.0 s', '59.9 s', '1 min 00 s', '1 min 15 s']);
});
