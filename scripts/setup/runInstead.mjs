// Runs this very command line under another Node.js and ends as it ends. `src/cli/ownNode.ts` is the twin for the installed command.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { delimiter, dirname } from 'node:path';

/** Never resolves: this process ends with the child. Programs that the child starts by the name `node` get the same one. */
export function runInstead(node) {
  const env = { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH ?? ''}` };
  const child = spawn(node, [...process.execArgv, ...process.argv.slice(1)], { stdio: 'inherit', env });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  return new Promise(() => {
    child.on('error', (error) => {
      process.stderr.write(`${node} does not run here: ${error.message}\n`);
      process.exit(1);
    });
    child.on('close', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
  });
}
