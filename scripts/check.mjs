// `npm run check`: everything that can be said about the code without running it, and how much of it the fast suites reach.
import { spawnSync } from 'node:child_process';
import { requireNode } from './setup/node.mjs';

await requireNode();
const { checkout } = await import('./setup/folders.mjs');
const { formatDuration } = await import('./setup/report.mjs');
const { ask } = await import('./setup/run.mjs');

/** Least share of lines, functions and branches (percent) that the suites without the real engine must reach. */
const coverageFloor = { lines: 85, functions: 85, branches: 80 };

const tool = (name) => `node_modules/.bin/${name}`;
const tests = (ask('git', ['ls-files', '--', 'src/*.test.ts', 'src/**/*.test.ts'], { cwd: checkout }) ?? '')
  .split('\n')
  .filter(Boolean);

const checks = {
  'types (TypeScript 6)': [tool('tsc'), ['-p', 'tsconfig.json']],
  'types of the page': [tool('tsc'), ['-p', 'web/tsconfig.json']],
  'style and lint (Biome)': [tool('biome'), ['ci', '--colors=off', '--error-on-warnings', '.']],
  'structure (who may import whom)': [
    tool('depcruise'),
    ['src', 'web', '--config', '.dependency-cruiser.cjs', '--output-type', 'json'],
    assertStructure,
  ],
  'unused code (knip)': [tool('knip'), ['--no-progress']],
  'contracts (buf lint)': [tool('buf'), ['lint']],
  'contracts that are kept (buf breaking)': [tool('buf'), ['breaking', '--against', 'proto/recorded/admin-v1.binpb']],
  'generated code is up to date': [tool('buf'), ['generate'], assertUnchanged('src/gen')],
  'generated pages are up to date': [
    process.execPath,
    ['--import', 'tsx', '--conditions=development', 'scripts/docs.ts', '--check'],
  ],
  'file sizes': [process.execPath, ['-e', ''], assertFileSizes],
  'links between pages': [process.execPath, ['scripts/links.mjs']],
  coverage: [
    tool('c8'),
    [
      '--check-coverage',
      ...Object.entries(coverageFloor).flatMap(([what, least]) => [`--${what}`, `${least}`]),
      '--reporter=text-summary',
      '--include=src/**/*.ts',
      '--exclude=src/gen/**',
      '--exclude=src/testkit/**',
      '--exclude=**/*.test.ts',
      process.execPath,
      'scripts/suites.mjs',
      'dot',
      ...tests,
    ],
  ],
};

/** With a compiler that it does not know, dependency-cruiser "passes" on no modules at all. */
function assertStructure(output) {
  const { summary } = JSON.parse(output);
  for (const { rule, from, to } of summary.violations) process.stderr.write(`  ${rule.name}: ${from} → ${to}\n`);
  return summary.totalCruised > 150 && summary.violations.length === 0
    ? undefined
    : `${summary.totalCruised} modules, ${summary.violations.length} violations`;
}

function assertUnchanged(path) {
  return () => {
    const changed = ask('git', ['status', '--porcelain', '--', path], { cwd: checkout });
    return changed ? `commit what was generated:\n${changed}` : undefined;
  };
}

/** A file over 350 lines hides a second idea. */
function assertFileSizes() {
  const files = (
    ask(
      'git',
      ['ls-files', '--', 'src', 'web', 'test', 'bench', 'engine', 'conformance', 'oracle', 'examples', 'scripts'],
      {
        cwd: checkout,
      },
    ) ?? ''
  ).split('\n');
  const code = files.filter((file) => /\.(tsx?|css|mjs|rs)$/.test(file) && !file.startsWith('src/gen/'));
  const large = code
    .map((file) => [file, ask('wc', ['-l', file], { cwd: checkout })])
    .filter(([, count]) => Number.parseInt(count, 10) > 350);
  return large.length === 0 ? undefined : large.map(([, count]) => `  ${count.trim()}`).join('\n');
}

let failures = 0;
for (const [name, [command, args, judge]] of Object.entries(checks)) {
  const startedAt = performance.now();
  const quiet = judge !== undefined;
  const run = spawnSync(command, args, {
    cwd: checkout,
    stdio: ['ignore', quiet ? 'pipe' : 'inherit', 'inherit'],
    maxBuffer: 1 << 28,
  });
  const problem = judge
    ? judge(run.stdout?.toString() ?? '')
    : run.status === 0
      ? undefined
      : `exit code ${run.status}`;
  if (problem !== undefined) failures += 1;
  process.stderr.write(
    `${problem === undefined ? 'ok     ' : 'FAILED '} ${name} (${formatDuration(performance.now() - startedAt)})\n`,
  );
  if (problem) process.stderr.write(`${problem}\n`);
}
process.stderr.write(failures === 0 ? 'All checks passed.\n' : `${failures} checks failed.\n`);
process.exitCode = failures === 0 ? 0 : 1;
