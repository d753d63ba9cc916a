// `sealed-prover serve`: the service in this process, until SIGTERM or Ctrl-C; a second one ends it at once.
import { once } from 'node:events';
import type { LaneStatus } from '../actors/scheduling.js';
import type { Config } from '../config/load.js';
import { type Cli, CliError } from './cli.js';
import { locateEngine } from './locateEngine.js';

/** Errors of the service whose message is already a sentence for the user. */
const spokenErrors = new Set(['DataFolderError', 'SchemaError', 'RestoreError']);

/** `flags`: option name → text, as given; `config` is the file's path. Resolves when everything is on disk and closed. */
export async function runServe(
  cli: Cli,
  { config: file, ...flags }: Record<string, string | undefined>,
): Promise<number> {
  const config = await load(cli, flags, file);
  const located = locateEngine({ given: config.engine, environment: cli.environment });
  if (!located.found) throw new CliError('ENGINE_MISSING', located.problem);
  const { serve } = await import('../main.js');
  return await cli.interruptible(async (signal) => {
    const service = await serve(config, located.path, { ...cli.environment }).catch((error: unknown) => {
      throw startError(error, config);
    });
    const warm = new Set<string>();
    const unsubscribe = service.onLaneChange((lane) => {
      if (lane.warm === warm.has(lane.id)) return;
      if (!lane.warm) warm.delete(lane.id);
      else if (warm.add(lane.id) && lane.stage === 'prove') cli.output.note(`Prover ${lane.id} is warm.`);
    });
    const restored = service.restored > 0 ? ` · open requests brought back: ${service.restored}` : '';
    cli.output.note(`Serving on ${service.url}${restored} · ${service.lanes().map(describeLane).join(' · ')}`);
    if (!signal.aborted) await once(signal, 'abort');
    unsubscribe();
    cli.output.note('Stopping: running calls and engines are ended, open requests are kept. Again to stop at once.');
    await service.stop();
    return 0;
  });
}

/** `cpu-prove-0 starting (core, compressed)`. */
function describeLane({ id, state, stage, modes, warm }: LaneStatus): string {
  return `${id} ${warm ? 'warm' : state}${stage === 'prove' ? ` (${modes.join(', ') || 'no mode fits this machine'})` : ''}`;
}

async function load(cli: Cli, flags: Record<string, string | undefined>, file: string | undefined): Promise<Config> {
  const { ConfigError, loadConfig } = await import('../config/load.js');
  try {
    return loadConfig({ flags, environment: cli.environment, file });
  } catch (error) {
    if (error instanceof ConfigError) throw new CliError('CONFIG_INVALID', error.message, 2);
    throw error;
  }
}

function startError(error: unknown, { listen }: Config): unknown {
  if (!(error instanceof Error)) return error;
  if (spokenErrors.has(error.name)) return new CliError('SERVICE_REFUSED', error.message);
  const at = `${listen.host}:${listen.port}`;
  const sentences: Record<string, string> = {
    EADDRINUSE: `${at} is in use already. Choose another port with --listen, or stop who has it.`,
    EADDRNOTAVAIL: `${listen.host} is no address of this machine. Choose one with --listen, for example 127.0.0.1:8080.`,
    EACCES: `This user may not listen on ${at}. Ports from 1024 up need no rights: --listen 127.0.0.1:8080.`,
  };
  const sentence = sentences[(error as NodeJS.ErrnoException).code ?? ''];
  return sentence === undefined ? error : new CliError('CANNOT_LISTEN', sentence);
}
