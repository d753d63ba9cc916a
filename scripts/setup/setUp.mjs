// All steps in order. Everything that starts from a fresh clone (demo, start, test, bench) begins here.
import { join } from 'node:path';
import { buildDist } from './dist.mjs';
import { binaries, buildBinary } from './engine.mjs';
import { cacheFolder, checkout, checkoutFolder } from './folders.mjs';
import { withLock } from './lock.mjs';
import { installPackages } from './packages.mjs';
import { Problem, RustMissing } from './problem.mjs';
import { createReport, formatDuration } from './report.mjs';

/** Ctrl-C must run our exit handlers: they stop children and release locks. */
async function interruptible(work) {
  const onInterrupt = () => process.exit(130);
  const onTerminate = () => process.exit(143);
  process.once('SIGINT', onInterrupt);
  process.once('SIGTERM', onTerminate);
  try {
    return await work();
  } finally {
    process.removeListener('SIGINT', onInterrupt);
    process.removeListener('SIGTERM', onTerminate);
  }
}

/**
 * Installs, compiles and builds what is missing. Answers `{ok, changed, engine, conformance, oracle, teeClient, rustMissing}`: `engine`,
 * `conformance`, `oracle` and `teeClient` are paths of binaries. `ok` is false when something asked for could not be made; the reason has been printed.
 * `contractTools` are forge, anvil and solc, in contracts/node_modules; `interop` are clients of other provers, in interop/. `rust: 'none'` leaves the binaries out; `'optional'` goes on without them (`rustMissing`) when this machine has no usable Rust.
 */
export async function setUp({
  report = createReport({ everyStep: false }),
  rust = 'required',
  conformance = false,
  oracle = false,
  teeClient = false,
  contractTools = false,
  interop = false,
  root = checkout,
} = {}) {
  const startedAt = performance.now();
  const cache = cacheFolder();
  const result = {
    ok: true,
    changed: false,
    engine: undefined,
    conformance: undefined,
    oracle: undefined,
    teeClient: undefined,
    rustMissing: false,
  };
  const step = async (title, work) => {
    const done = await report.step(title, work);
    result.changed ||= done.changed;
    return done;
  };
  const onWait = (pid) => report.line(`Another set-up of this checkout is running (process ${pid}); waiting for it.`);
  const typescript = async () => {
    await step('npm packages', (progress) => installPackages(root, progress));
    await step('dist', (progress) => buildDist(root, progress));
    // 135 MB with a package.json of their own: only who compiles or tests contracts has to have them.
    if (contractTools) await step('contract tools', (progress) => installPackages(join(root, 'contracts'), progress));
    if (interop) await step('Miden client', (progress) => installPackages(join(root, 'interop', 'miden'), progress));
  };
  const binary = async (which) => {
    result[which] = (
      await step(binaries[which].title, (progress) => buildBinary({ root, cache, which, progress }))
    ).path;
  };
  try {
    await interruptible(async () => {
      await withLock(join(checkoutFolder(cache, root), 'setup.lock'), typescript, onWait);
      if (rust === 'none') return;
      await binary('engine');
      if (conformance) await binary('conformance');
      if (oracle) await binary('oracle');
      if (teeClient) await binary('teeClient');
    });
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    report.line(`\n${error.message}\n`);
    result.rustMissing = error instanceof RustMissing;
    result.ok = result.rustMissing && rust === 'optional';
    return result;
  }
  if (result.changed) report.line(`Set-up took ${formatDuration(performance.now() - startedAt)}.`);
  return result;
}
