// JavaScript of the sources as they are now, for suites that start the service many times: Node starts it in a third of the time
// that tsx needs, and worker threads and engines start as they do in production.
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const sources = fileURLToPath(new URL('../..', import.meta.url));
/** Inside node_modules, so that packages are found from there, and neither git nor any tool looks at it. */
const builds = join(sources, '../node_modules/.cache/sealed-prover-service');
/** Builds of other sources are kept while suites that began with them may still run (ms). */
const keptForMs = 3_600_000;

/** The folder that holds `cli.js` and everything else. Compiled once for the same sources, whichever process comes first. */
export function buildService(): string {
  const files = readdirSync(sources, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !/\.(test|d)\.ts$/.test(name))
    .sort()
    .map((name) => ({ name, text: readFileSync(join(sources, name), 'utf8') }));
  const digest = createHash('sha256')
    .update(JSON.stringify([process.version, files]))
    .digest('hex')
    .slice(0, 20);
  const finished = join(builds, digest);
  mkdirSync(builds, { recursive: true });
  if (readdirSync(builds).includes(digest)) return join(finished, 'dist');

  const unfinished = join(builds, `${digest}.${process.pid}`);
  for (const { name, text } of files) {
    const target = join(unfinished, 'dist', name.replace(/\.ts$/, '.js'));
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, compile(join(sources, name), text));
  }
  // The command line looks two levels up for the package.
  writeFileSync(join(unfinished, 'package.json'), readFileSync(join(sources, '../package.json')));
  try {
    renameSync(unfinished, finished);
  } catch (error) {
    rmSync(unfinished, { recursive: true });
    // Another process was faster with the same sources.
    if ((error as NodeJS.ErrnoException).code !== 'ENOTEMPTY') throw error;
  }
  removeOld(digest);
  return join(finished, 'dist');
}

function compile(path: string, text: string): string {
  // Loaded only when something has to be compiled: it takes a third of a second.
  const ts = createRequire(import.meta.url)('typescript') as typeof import('typescript');
  return ts.transpileModule(text, {
    fileName: relative(dirname(path), path),
    compilerOptions: {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.ESNext,
      verbatimModuleSyntax: true,
      inlineSourceMap: true,
      sourceRoot: `${dirname(path)}/`,
    },
  }).outputText;
}

function removeOld(digest: string): void {
  const madeAt = statSync(join(builds, digest)).mtimeMs;
  for (const name of readdirSync(builds)) {
    const path = join(builds, name);
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat && madeAt - stat.mtimeMs > keptForMs) rmSync(path, { recursive: true, force: true });
  }
}
