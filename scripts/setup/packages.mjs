// npm packages: `npm ci` when node_modules is missing, half installed, or of another lockfile.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { run } from './run.mjs';

const readLock = (path) => JSON.parse(readFileSync(path, 'utf8')).packages;

/**
 * The first package of package-lock.json that is not installed in its locked version; undefined when all are.
 * npm writes node_modules/.package-lock.json last, so an interrupted install does not pass. Optional packages may be
 * missing: they are other platforms' binaries.
 */
export function findMissingPackage(root) {
  const installedPath = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(installedPath)) return 'all of them';
  const installed = readLock(installedPath);
  const wanted = Object.entries(readLock(join(root, 'package-lock.json')));
  const missing = wanted.find(([path, { version, optional, devOptional }]) => {
    if (path === '' || ((optional || devOptional) && installed[path] === undefined)) return false;
    return installed[path]?.version !== version || !existsSync(join(root, path));
  });
  return missing?.[0].replace(/^node_modules\//, '');
}

/** npm as it started us, else the one beside this Node.js, else the one in PATH. */
export function npmCommand(env) {
  const beside = join(dirname(process.execPath), '..', 'lib', 'node_modules', 'npm', 'bin', 'npm-cli.js');
  const script = [env.npm_execpath, beside].find((path) => path?.endsWith('npm-cli.js') && existsSync(path));
  return script === undefined ? ['npm', []] : [process.execPath, [script]];
}

/** Makes node_modules match package-lock.json. */
export async function installPackages(root, progress, env = process.env) {
  const missing = findMissingPackage(root);
  if (missing === undefined) return { changed: false, note: 'as locked' };
  progress(`installing (${missing})`);
  const [command, before] = npmCommand(env);
  // Ours are the devDependencies too: an inherited `production` would leave out the compiler.
  const args = [...before, 'ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'];
  await run(command, args, { cwd: root, env, what: '`npm ci`' });
  return { changed: true, note: 'installed as locked' };
}
