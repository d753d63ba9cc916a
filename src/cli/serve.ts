// `sealed-prover serve`: the service in this process, until SIGTERM.
import type { LaneStatus } from '../actors/scheduling.js';
import { type Config, ConfigError, loadConfig } from '../config/load.js';
import { type Service, serve } from '../main.js';
import { DataFolderError } from '../store/dataFolder.js';
import { type Cli, CliError } from './cli.js';
import { locateEngine } from './locateEngine.js';

/** `flags`: option name → text, as given; `config` is the file's path. Answers the exit code once the service has stopped. */
export async function runServe(
  cli: Cli,
  { config: file, ...flags }: Record<string, string | undefined>,
): Promise<number> {
  const config = configOf(cli, flags, file);
  const engine = locateEngine({ given: config.engine, environment: cli.environment });
  if (!engine.found) throw new CliError('ENGINE_NOT_FOUND', engine.problem);
  const service = await startService(config, engine.path, cli.environment);
  cli.output.print(`serving ${service.url}   data ${config.data}   ${lanesInWords(service.lanes())}`);
  if (service.restored > 0) cli.output.print(`${service.restored} open requests are back and go on`);
  announceWarmth(cli, service);
  await firstEndSignal();
  cli.output.print('stopping: open requests go on at the next start (signal again to stop at once)');
  await service.stop();
  return 0;
}

function configOf(cli: Cli, flags: Record<string, string | undefined>, file: string | undefined): Config {
  try {
    return loadConfig({ flags, environment: cli.environment, file });
  } catch (error) {
    if (error instanceof ConfigError) throw new CliError('CONFIG_INVALID', error.message, 2);
    throw error;
  }
}

async function startService(config: Config, engine: string, environment: Cli['environment']): Promise<Service> {
  try {
    return await serve(config, engine, environment);
  } catch (error) {
    if (error instanceof DataFolderError) throw new CliError('DATA_FOLDER', error.message);
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (syscall !== 'listen' && syscall !== 'bind' && syscall !== 'getaddrinfo') throw error;
    const address = `${config.listen.host}:${config.listen.port}`;
    const reason = code === 'EADDRINUSE' ? 'something else listens there' : (error as Error).message;
    throw new CliError('LISTEN', `Cannot listen on ${address}: ${reason}. Choose another address with --listen.`);
  }
}

const lanesInWords = (lanes: readonly LaneStatus[]) =>
  `lanes ${lanes.map(({ id, state, modes }) => `${id} ${state}${modes.length > 0 ? ` (${modes.join(', ')})` : ''}`).join(', ')}`;

/** One line when a prover has been loaded: from then on a proof starts at once. */
function announceWarmth(cli: Cli, service: Service): void {
  const announced = new Set<string>();
  const announce = ({ id, stage, warm }: LaneStatus) => {
    if (stage !== 'prove' || !warm || announced.has(id)) return;
    announced.add(id);
    cli.output.print(`prover ${id} is warm`);
  };
  service.onLaneChange(announce);
  for (const lane of service.lanes()) announce(lane);
}

/** Resolves at the first SIGTERM or SIGINT; the second one ends the process at once, with that signal's exit code. */
function firstEndSignal(): Promise<void> {
  return new Promise((resolve) => {
    let isAsked = false;
    const ask = (signal: NodeJS.Signals) => {
      if (isAsked) process.exit(signal === 'SIGINT' ? 130 : 143);
      isAsked = true;
      resolve();
    };
    process.on('SIGTERM', ask).on('SIGINT', ask);
  });
}
