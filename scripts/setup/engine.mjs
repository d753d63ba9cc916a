// The Rust binaries: built once per content (sources, lockfile, compiler) and shared by all checkouts of this user.
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { cargoBuild } from './cargo.mjs';
import { digestOf, listFiles } from './digest.mjs';
import { pointerPath } from './folders.mjs';
import { withLock } from './lock.mjs';
import { requireLinker, requireRust } from './rust.mjs';

/** How many builds are kept. Older ones belong to sources that are gone, and each is 50 MB. */
const buildsKept = 3;

/**
 * `folder` is the crate's, and the cache's for its builds. One that is alone is no member of the workspace: it has a lockfile, and here a
 * target folder, of its own.
 */
export const binaries = {
  engine: { folder: 'engine', binary: 'sealed-prover-engine', title: 'engine' },
  conformance: { folder: 'conformance', binary: 'sealed-prover-conformance', title: 'conformance client' },
  oracle: { folder: 'oracle', binary: 'sealed-prover-oracle', title: 'quote oracle', alone: true },
  teeClient: { folder: 'examples/tee-client', binary: 'sealed-prover-tee-client', title: 'TEE client', alone: true },
};

/** Names a build by everything that goes into it. */
export function buildKey(root, folder, rustc, env) {
  const paths = [folder, 'Cargo.toml', 'Cargo.lock', '.cargo', 'rust-toolchain.toml'];
  return digestOf(root, paths, [rustc, `RUSTFLAGS=${env.RUSTFLAGS ?? ''}`, processorFeatures()]).slice(0, 20);
}

/** The build uses every instruction of this processor: in a cache that moves to another one it would crash. Empty off Linux. */
function processorFeatures() {
  if (!existsSync('/proc/cpuinfo')) return '';
  return /^flags\s*:.*$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[0] ?? '';
}

function writePointer(path, content) {
  mkdirSync(dirname(path), { recursive: true });
  const partial = `${path}.${process.pid}.partial`;
  writeFileSync(partial, JSON.stringify(content));
  renameSync(partial, path);
}

/** Builds of checkouts that are still there. */
function pointedPaths(cache) {
  return listFiles(cache, 'checkouts')
    .filter((file) => file.endsWith('.json'))
    .map((file) => JSON.parse(readFileSync(join(cache, file), 'utf8')))
    .filter(({ root }) => existsSync(root))
    .map(({ path }) => path);
}

/** Removes builds that no checkout points to, but the newest few. */
export function pruneBuilds(cache, folder) {
  const pointed = new Set(pointedPaths(cache).map((path) => dirname(path)));
  const builds = readdirSync(join(cache, folder))
    .map((key) => join(cache, folder, key))
    .map((path) => ({ path, usedAt: statSync(path).mtimeMs }))
    .sort((a, b) => b.usedAt - a.usedAt);
  const old = builds.slice(buildsKept).filter(({ path }) => !pointed.has(path));
  for (const { path } of old) rmSync(path, { recursive: true, force: true });
}

/** Makes the binary of this checkout's sources exist and answers its path. */
export async function buildBinary({ root, cache, which, env = process.env, progress }) {
  const { folder, binary, alone = false } = binaries[which];
  const rust = requireRust(env);
  const key = buildKey(root, folder, rust.rustc, rust.env);
  const path = join(cache, folder, key, binary);
  const pointer = pointerPath(cache, which, root);
  const finish = (changed, note) => {
    writePointer(pointer, { path, root });
    const now = new Date();
    utimesSync(dirname(path), now, now);
    return { changed, note, path };
  };
  if (existsSync(path)) return finish(false, 'built before');

  requireLinker(rust.env);
  progress('waiting for cargo');
  // One lock for the one target folder: what cargo leaves there must be ours when we copy it.
  return await withLock(
    join(cache, 'target.lock'),
    async () => {
      if (existsSync(path)) return finish(false, 'built by another set-up');
      await cargoBuild({
        root: alone ? join(root, folder) : root,
        binary,
        alone,
        target: join(cache, alone ? `target-${which}` : 'target'),
        to: path,
        env: rust.env,
        host: rust.host,
        progress,
      });
      const result = finish(true, 'built');
      pruneBuilds(cache, folder);
      return result;
    },
    (pid) => progress(`waiting for another set-up (process ${pid})`),
  );
}
