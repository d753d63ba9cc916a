// `sealed-prover serve`: the service in this process, until SIGTERM or Ctrl-C; a second one ends it at once.
import { once } from 'node:events';
import type { LaneStatus } from '../actors/lanes/scheduling.js';
import type { Config } from '../config/load.js';
import { type Cli, CliError } from './cli.js';
import { locateEngine } from './locateEngine.js';
import { toJson } from './output.js';

/** Errors of the service whose message is already a sentence for the user. */
const spokenErrors = new Set(['DataFolderError', 'SchemaError', 'RestoreError', 'BucketError', 'WatchedFileError']);

export interface ServeOptions {
  /** The service's options as given: name → text. */
  readonly flags: Readonly<Record<string, string | undefined>>;
  /** Path of the configuration file. */
  readonly file: string | undefined;
  /** What happens comes as JSON on standard output. */
  readonly json: boolean;
}

/** Resolves when everything is on disk and closed. */
export async function runServe(cli: Cli, { flags, file, json }: ServeOptions): Promise<number> {
  const config = await load(cli, flags, file);
  const located = locateEngine({ given: config.engine, environment: cli.environment });
  if (!located.found) throw new CliError('ENGINE_MISSING', located.problem);
  const { serve } = await import('../main.js');
  const say = (event: string, facts: object, text: string) =>
    json ? cli.output.print(toJson({ event, ...facts })) : cli.output.note(text);
  return await cli.interruptible(async (signal) => {
    const service = await serve(config, located.path, { ...cli.environment }).catch((error: unknown) => {
      throw startError(error, config);
    });
    const warm = new Set<string>();
    const unsubscribe = service.onLaneChange((lane) => {
      if (lane.warm === warm.has(lane.id)) return;
      if (!lane.warm) warm.delete(lane.id);
      else if (warm.add(lane.id) && lane.stage === 'prove') say('warm', { lane }, `Prover ${lane.id} is warm.`);
    });
    const { url, restored } = service;
    const lanes = service.lanes();
    const broughtBack = restored > 0 ? ` · open requests brought back: ${restored}` : '';
    const text = `Serving on ${url}${broughtBack} · ${lanes.map(describeLane).join(' · ')}`;
    say('serving', { url, restored, lanes }, text);
    if (!signal.aborted) await once(signal, 'abort');
    unsubscribe();
    say(
      'stopping',
      {},
      'Stopping: running calls and engines are ended, open requests are kept. Again to stop at once.',
    );
    await service.stop();
    return 0;
  });
}

/** `cpu-prove-0 starting (core, compressed)`. */
function describeLane({ id, state, stage, modes, warm }: LaneStatus): string {
  return `${id} ${warm ? 'warm' : state}${stage === 'prove' ? ` (${modes.join(', ') || 'no mode fits this machine'})` : ''}`;
}

async function load(cli: Cli, flags: ServeOptions['flags'], file: string | undefined): Promise<Config> {
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
