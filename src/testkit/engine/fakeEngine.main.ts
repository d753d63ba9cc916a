// The fake engine as a process, with the command line of the real one: `--role execute|prove --socket PATH`, `--version`.
// Its script is a file named by `--script`, which the launcher of `fakeEngineLauncher.ts` puts in front.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { systemClock } from '../../clock.js';
import { FakeEngine } from './fakeEngine.js';
import type { FakeScript } from './fakeEngineScript.js';

/** What a Rust process that aborts leaves its parent to see in a shell. */
const abortedExitCode = 134;

const { values } = parseArgs({
  options: {
    role: { type: 'string' },
    socket: { type: 'string' },
    script: { type: 'string' },
    'max-frame': { type: 'string' },
    'single-use': { type: 'boolean' },
    version: { type: 'boolean' },
  },
});

if (values.version) {
  process.stdout.write('6.10.0\n');
} else {
  // Like the real one it ends with its parent: end of file on standard input.
  process.stdin.on('end', () => process.exit(0)).resume();
  const script: FakeScript = values.script === undefined ? {} : JSON.parse(readFileSync(values.script, 'utf8'));
  const { role, socket: socketPath } = values;
  if ((role !== 'execute' && role !== 'prove') || socketPath === undefined) {
    process.stderr.write('usage: --role execute|prove --socket PATH\n');
    process.exit(2);
  }
  systemClock.wakeIn(script.bindDelayMs ?? 0, () => {
    void FakeEngine.start({ role, socketPath, script, onCrash: () => process.exit(abortedExitCode) });
  });
}
