// `sealed-prover engine build`: builds the engine from the crates that the package carries, with the builder of set-up.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Cli, CliError, interruptedExitCode } from './cli.js';
import { neededCacheFolder } from './folders.js';
import { packageRoot } from './locateEngine.js';
import { toJson } from './output.js';

export interface EngineBuildOptions {
  readonly json?: true;
}

/** What is used of scripts/setup, which is not compiled: it runs before anything else is. */
interface Builder {
  buildBinary(parameters: {
    root: string;
    cache: string;
    which: 'engine';
    env: Cli['environment'];
    progress: (text: string) => void;
  }): Promise<Built>;
}
interface Built {
  readonly changed: boolean;
  readonly note: string;
  readonly path: string;
}
interface Reporter {
  createReport(options: { everyStep: boolean }): {
    step(title: string, work: (progress: (text: string) => void) => Promise<Built>): Promise<Built>;
  };
}

/** Resolves when the engine is where `serve`, `execute` and `verify` look for it. Safe to interrupt and to run again. */
export async function runEngineBuild(cli: Cli, { json }: EngineBuildOptions, root = packageRoot): Promise<number> {
  const load = async <T>(name: string) => (await import(pathToFileURL(join(root, 'scripts/setup', name)).href)) as T;
  if (!existsSync(join(root, 'engine', 'Cargo.toml')) || !existsSync(join(root, 'scripts', 'setup', 'engine.mjs'))) {
    throw new CliError(
      'ENGINE_SOURCES_MISSING',
      'This installation carries no sources of the engine. Build it where the npm package is installed, and name it with --engine FILE.',
    );
  }
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new CliError(
      'PLATFORM_UNSUPPORTED',
      'The engine runs on Linux on x86-64 only. From here, use a service that runs on such a machine: --url URL.',
    );
  }
  const { buildBinary } = await load<Builder>('engine.mjs');
  const { createReport } = await load<Reporter>('report.mjs');
  const cache = neededCacheFolder(cli.environment);
  const built = await cli.interruptible(async (signal) => {
    // The builder's own handlers of this end cargo and give the lock back.
    signal.addEventListener('abort', () => process.exit(interruptedExitCode), { once: true });
    return await createReport({ everyStep: json !== true })
      .step('engine', (progress) => buildBinary({ root, cache, which: 'engine', env: cli.environment, progress }))
      .catch((error: unknown) => {
        throw spoken(error);
      });
  });
  cli.output.print(json ? toJson({ engine: built.path, built: built.changed }) : built.path);
  return 0;
}

/** The builder's sentences for people, by the names of scripts/setup/problem.mjs. */
function spoken(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const codes: Record<string, string> = { RustMissing: 'RUST_MISSING', Problem: 'ENGINE_NOT_BUILT' };
  const code = codes[error.name];
  return code === undefined ? error : new CliError(code, error.message);
}
