// Runs test files: `node scripts/suites.mjs REPORTER FILE…`. Files that fail are run once more, alone, when everything else has ended: what
// passes then is listed as unsteady and does not fail the run, since one race in thousands of tests must not hide what the others say.
// What fails twice, and more than a few at once, is a failure.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve as resolvePath } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { checkout } from './setup/folders.mjs';

/** More are no chance. */
const mostUnsteady = 3;
/** A test that fails may leave a process behind that keeps its file alive. The longest file has some minutes. */
const fileLimitMs = 20 * 60_000;
const failedFiles = fileURLToPath(new URL('./setup/failedFiles.mjs', import.meta.url));

const [reporter = 'spec', ...files] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'suites-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

/** Resolves to the files that failed. Undefined: the run broke in some other way. */
function run(some) {
  const list = join(folder, 'failed');
  const args = ['--import', 'tsx', '--conditions=development', '--test', `--test-timeout=${fileLimitMs}`];
  args.push(`--test-reporter=${reporter}`, '--test-reporter-destination=stdout');
  args.push(`--test-reporter=${pathToFileURL(failedFiles)}`, `--test-reporter-destination=${list}`, ...some);
  const child = spawn(process.execPath, args, { cwd: checkout, stdio: 'inherit' });
  let isStopped = false;
  const pass = (signal) => {
    isStopped = true;
    child.kill(signal);
  };
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, pass);
  return new Promise((resolve) => {
    child.on('close', (code, signal) => {
      for (const each of ['SIGINT', 'SIGTERM']) process.off(each, pass);
      if (code === 0) return resolve([]);
      const failed = [...new Set(readFileSync(list, 'utf8').split('\n').filter(Boolean))];
      resolve(
        signal === null && !isStopped && failed.length > 0
          ? failed.map((file) => relative(checkout, resolvePath(checkout, file)))
          : undefined,
      );
    });
  });
}

const say = (text) => process.stderr.write(`${text}\n`);
const failed = await run(files);
if (failed === undefined || failed.length > mostUnsteady) process.exit(1);
if (failed.length > 0) {
  say(`\nFailed, and now run once more: ${failed.join(', ')}.\n`);
  const again = await run(failed);
  if (again === undefined || again.length > 0) process.exit(1);
  say(`\n!!! UNSTEADY: ${failed.join(', ')} failed above and passed when run again. There is a race in it: find it.`);
}
