// The npm package as a user installs it: packed, unpacked into an empty folder, beside its dependencies and nothing else.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { temporaryFolder } from '../../src/testkit/temporaryFolder.js';

export const checkout = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

interface Packed {
  readonly filename: string;
  /** Packed bytes. */
  readonly size: number;
  readonly files: readonly { readonly path: string }[];
}

export interface Installed extends Packed {
  /** The folder of the program that uses it. */
  readonly folder: string;
  /** The package itself. */
  readonly root: string;
  /** Runs Node in the folder, with these words. */
  node(words: readonly string[], environment?: Readonly<Record<string, string>>): Ended;
}

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Compiles dist/ when it is not that of the sources, packs, unpacks. */
export async function installPackage(): Promise<Installed> {
  await compileDist();
  const folder = temporaryFolder('package');
  const words = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder];
  const [packed] = JSON.parse(execFileSync('npm', words, { cwd: checkout, encoding: 'utf8' })) as [Packed];
  const root = join(folder, 'node_modules', 'sealed-prover');
  mkdirSync(root, { recursive: true });
  execFileSync('tar', ['xzf', join(folder, packed.filename), '-C', root, '--strip-components=1']);
  linkDependencies(folder);
  writeFileSync(join(folder, 'package.json'), '{}');
  return {
    ...packed,
    folder,
    root,
    node(words, environment = {}) {
      const env = { ...withoutSettings(), XDG_CACHE_HOME: folder, XDG_CONFIG_HOME: folder, ...environment };
      const { status, stdout, stderr } = spawnSync(process.execPath, words, { cwd: folder, env, encoding: 'utf8' });
      return { code: status, out: stdout, err: stderr };
    },
  };
}

const withoutSettings = () =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(SEALED_|NODE_)/.test(name)));

async function compileDist(): Promise<void> {
  const script = (name: string) => import(pathToFileURL(join(checkout, 'scripts/setup', name)).href);
  const [{ buildDist }, { withLock }, { cacheFolder, checkoutFolder }] = await Promise.all(
    ['dist.mjs', 'lock.mjs', 'folders.mjs'].map(script),
  );
  const lock = join(checkoutFolder(cacheFolder(), checkout), 'setup.lock');
  await withLock(lock, () => buildDist(checkout, () => {}));
}

/** What npm would install with it, from the checkout's own: a dependency that is not declared is not found. */
function linkDependencies(folder: string): void {
  const lockfile = JSON.parse(readFileSync(join(checkout, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dev?: boolean }>;
  };
  for (const [path, { dev }] of Object.entries(lockfile.packages)) {
    const isTop = path.lastIndexOf('node_modules/') === 0;
    if (dev === true || !isTop || !existsSync(join(checkout, path))) continue;
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    symlinkSync(join(checkout, path), join(folder, path));
  }
}
