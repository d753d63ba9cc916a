// Runs cargo for one binary of the workspace, with the target folder that all checkouts share.
import { chmodSync, copyFileSync, existsSync, mkdirSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Problem } from './problem.mjs';
import { ask, run } from './run.mjs';

/** Every member is selected in every build: cargo unifies features over what is selected, and SP1 then compiles once for all. */
const members = ['sealed-prover-engine', 'sealed-prover-conformance'];

const platforms = {
  'linux-x64': 'linux-x86_64',
  'linux-arm64': 'linux-aarch_64',
  'darwin-x64': 'macos-x86_64',
  'darwin-arm64': 'macos-aarch_64',
};

/** Path of the protoc that the registry package protoc-bin-vendored carries: a dependency's build script wants one. */
export function findProtoc(metadata, platform = `${process.platform}-${process.arch}`) {
  const prefix = `protoc-bin-vendored-${platforms[platform]}`;
  const found = metadata.packages.find(({ name }) => name === prefix);
  return found && join(dirname(found.manifest_path), 'bin', 'protoc');
}

function protocFor(root, env, platform) {
  if (env.PROTOC) return env.PROTOC;
  const args = ['metadata', '--format-version', '1', '--locked', '--offline', ...platform('--filter-platform')];
  const metadata = ask('cargo', args, { cwd: root, env });
  const protoc = metadata && findProtoc(JSON.parse(metadata));
  if (protoc && existsSync(protoc)) return protoc;
  throw new Problem(
    'There is no vendored protoc for this platform. Install protobuf-compiler and name it: PROTOC=/usr/bin/protoc npm run setup',
  );
}

/** `Building [===>   ] 12/345: slop-algebra, p3-field` → `12 of 345 crates (slop-algebra)`; undefined for other lines. */
export function parseProgress(line) {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are what is being removed.
  const plain = line.replace(/\x1b\[[0-9;]*[A-Za-z]/g, '').trim();
  const building = /^Building \[[=> ]*\] (\d+)\/(\d+)(?:: ([^,(]+))?/.exec(plain);
  if (building !== null) {
    const [, done, total, crate] = building;
    return `${done} of ${total} crates${crate ? ` (${crate.trim()})` : ''}`;
  }
  const fetched = /^Fetch \[[=> ]*\] (\d+) complete/.exec(plain);
  if (fetched !== null) return `reading the registry, ${fetched[1]} done`;
  const other = /^(Downloading|Downloaded|Updating|Locking|Blocking|Compiling|Fresh) (.*)$/.exec(plain);
  return other === null ? undefined : `${other[1].toLowerCase()} ${other[2]}`;
}

/**
 * Builds `binary` in release mode from the committed lockfile in `root` and copies it to `to`, whole or not at all. One that is alone is
 * not of the workspace, and needs no protoc.
 */
export async function cargoBuild({ root, binary, alone = false, target, to, env, host, progress }) {
  const platform = (option) => (host === undefined ? [] : [option, host]);
  const onErr = (line) => {
    const text = parseProgress(line);
    if (text !== undefined) progress(text);
    return text !== undefined;
  };
  const shown = { ...env, CARGO_TERM_PROGRESS_WHEN: 'always', CARGO_TERM_PROGRESS_WIDTH: '100' };
  // On its own, so that its progress can be seen: the first time it is some hundred megabytes.
  const fetch = ['fetch', '--locked', ...platform('--target')];
  await run('cargo', fetch, { cwd: root, env: shown, what: '`cargo fetch`', onErr });
  const cargoEnv = { ...shown, CARGO_TARGET_DIR: target };
  if (!alone) cargoEnv.PROTOC = protocFor(root, env, platform);
  const selected = alone ? [] : members.flatMap((member) => ['-p', member]);
  const args = ['build', '--release', '--locked', ...selected, '--bin', binary];
  await run('cargo', args, { cwd: root, env: cargoEnv, what: '`cargo build`', onErr });

  mkdirSync(dirname(to), { recursive: true });
  const partial = `${to}.${process.pid}.partial`;
  copyFileSync(join(target, 'release', binary), partial);
  chmodSync(partial, 0o755);
  renameSync(partial, to);
}
