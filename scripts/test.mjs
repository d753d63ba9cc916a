// `npm test` and `npm run test:fast`: sets up what is missing, then runs every suite by name and says plainly how it went.
// `-- PART` runs only the files whose path has PART in it.
import { requireNode } from './setup/node.mjs';

await requireNode();
const { spawn } = await import('node:child_process');
const { checkout } = await import('./setup/folders.mjs');
const { formatDuration } = await import('./setup/report.mjs');
const { ask } = await import('./setup/run.mjs');
const { setUp } = await import('./setup/setUp.mjs');

const args = process.argv.slice(2);
const say = (text) => process.stderr.write(`${text}\n`);
const fast = args.includes('--fast');
const parts = args.filter((arg) => arg !== '--fast');

const result = await setUp({
  rust: fast ? 'none' : 'optional',
  conformance: !fast,
  oracle: !fast,
  teeClient: !fast,
  contractTools: true,
  interop: !fast,
});
if (!result.ok) process.exit(1);
const withEngine = !fast && !result.rustMissing;
if (result.rustMissing) {
  say(
    '!!! No usable Rust here: the suites in test/engine, test/conformance and test/oracle are NOT run. Everything else is.\n',
  );
}

const patterns = ['src/*.test.ts', 'src/**/*.test.ts', 'test/**/*.test.ts', 'scripts/**/*.test.mjs'];
const listing = ask('git', ['ls-files', '--cached', '--others', '--exclude-standard', '--', ...patterns], {
  cwd: checkout,
});
const files = [...new Set((listing ?? '').split('\n').filter(Boolean))]
  .filter((file) => withEngine || !/^test\/(engine|conformance|oracle)\//.test(file))
  .filter((file) => !fast || !file.startsWith('test/interop/'))
  .filter((file) => parts.length === 0 || parts.some((part) => file.includes(part)));
// `node --test` without files passes: zero suites would look like success.
if (files.length === 0) {
  say(
    parts.length === 0 ? 'No test files found: is this a git checkout?' : `No test file matches ${parts.join(', ')}.`,
  );
  process.exit(1);
}

const startedAt = performance.now();
const env = { ...process.env };
if (result.engine) env.SEALED_ENGINE ??= result.engine;
if (result.conformance) env.CONFORMANCE_CLIENT ??= result.conformance;
if (result.oracle) env.ATTESTATION_ORACLE ??= result.oracle;
if (result.teeClient) env.TEE_CLIENT ??= result.teeClient;
const child = spawn(process.execPath, ['scripts/suites.mjs', 'spec', ...files], {
  cwd: checkout,
  env,
  stdio: 'inherit',
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.on('close', (code) => {
  const took = formatDuration(performance.now() - startedAt);
  const what = `${files.length} files${withEngine ? '' : ', without the real engine'}`;
  say(code === 0 ? `\nAll suites passed: ${what}, ${took}.` : `\nFAILED: ${what}, ${took}.`);
  process.exitCode = code === 0 ? 0 : 1;
});
