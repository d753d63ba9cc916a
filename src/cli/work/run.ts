// `sealed-prover work`: a worker in this process, until SIGTERM or Ctrl-C. A second one ends it at once.
import { sentenceOf } from '../../failures/sentenceOf.js';
import { createLog, type LogLevel } from '../../log.js';
import type { WorkNews } from '../../remoteWorker/workFor.js';
import { type Cli, CliError, usageExitCode } from '../cli.js';
import { locateEngine } from '../locateEngine.js';
import { toJson } from '../output.js';
import { startError } from '../startError.js';
import { packageVersion } from '../version.js';

export interface WorkOptions {
  readonly front: URL;
  readonly cert: string;
  readonly key: string;
  readonly frontCa?: string;
  readonly name: string;
  readonly cpuProveLanes?: number;
  readonly gpus?: string[];
  readonly gpuServer?: string;
  readonly gpuSockets?: string[];
  readonly engine?: string;
  readonly scratch: string;
  readonly logLevel: LogLevel;
  readonly json?: true;
}

/** Resolves when its engines have ended. */
export function runWork(cli: Cli, options: WorkOptions): Promise<number> {
  // It does not depend on who reads what it says: only a signal ends it.
  cli.outliveReaders();
  return cli.interruptible((signal) => workUntil(signal, cli, options));
}

async function workUntil(signal: AbortSignal, cli: Cli, options: WorkOptions): Promise<number> {
  const { front, cert, key, frontCa, name, scratch, json } = options;
  const lanes = lanesOf(options);
  const located = locateEngine({ given: options.engine, environment: cli.environment });
  if (!located.found) throw new CliError('ENGINE_MISSING', located.problem);
  const { openWorker } = await import('../../remoteWorker/openWorker.js');
  const { LinkFailed } = await import('../../remoteWorker/frontLink.js');
  const say = (event: string, facts: object, text: string) =>
    json ? cli.output.print(toJson({ event, ...facts })) : cli.output.note(text);
  let isAway = false;
  const onNews = (news: WorkNews) => {
    if (news.kind === 'registered')
      say('working', { front: front.origin, name }, `Working for ${front.origin} as ${name}.`);
    else if (!isAway)
      say('away', { reason: news.reason }, `The front cannot be had: ${news.reason}. It is tried again.`);
    isAway = news.kind === 'away';
  };
  const worker = await openWorker({
    front,
    files: { cert, key, frontCa },
    name,
    lanes,
    engine: located.path,
    scratch,
    version: packageVersion(),
    environment: { ...cli.environment },
    log: createLog(options.logLevel),
    onNews,
  }).catch((error: unknown) => {
    throw startError(error, { host: '', port: 0 });
  });
  for (const lane of worker.lanes)
    lane.onChange(({ state }) => {
      if (state === 'cooling' && lane.report.lastFailure !== null)
        say('lane_lost', { lane: lane.id }, sentenceOf(lane.report.lastFailure));
    });
  signal.addEventListener('abort', () =>
    say('stopping', {}, 'Stopping: what was leased goes to others. Again to stop at once.'),
  );
  try {
    await worker.work(signal);
    return 0;
  } catch (error) {
    if (error instanceof LinkFailed)
      throw new CliError('FRONT_REFUSED', `The front refuses this worker: ${error.message}`);
    throw error;
  }
}

function lanesOf({ cpuProveLanes, gpus = [], gpuServer, gpuSockets = [] }: WorkOptions) {
  const problems: string[] = [];
  if (gpus.length > 0 && gpuServer === undefined)
    problems.push('--gpus needs --gpu-server: the binary to run on them.');
  if (gpuServer !== undefined && gpus.length === 0) problems.push('--gpu-server needs --gpus: the GPUs to run it on.');
  const count = cpuProveLanes ?? (gpus.length + gpuSockets.length > 0 ? 0 : 1);
  if (count + gpus.length + gpuSockets.length === 0)
    problems.push('--cpu-prove-lanes is 0 and no GPU is given: nothing could prove.');
  if (problems.length > 0) throw new CliError('USAGE', problems.join('\n'), usageExitCode);
  return { cpuProveLanes: count, gpus, gpuServer, gpuSockets };
}
