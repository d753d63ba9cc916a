// `sealed-prover serve`: the service in this process, until SIGTERM or Ctrl-C; a second one ends it at once.
import { once } from 'node:events';
import { sentenceOf } from '../failures/sentenceOf.js';
import type { LaneStatus } from '../lanes/scheduling.js';
import { type Cli, CliError } from './cli.js';
import { locateEngine } from './locateEngine.js';
import { toJson } from './output.js';
import { loadServeConfig, type ServeWords } from './serveOptions.js';
import { startError } from './startError.js';

export interface ServeOptions extends ServeWords {
  /** What happens comes as JSON on standard output. */
  readonly json: boolean;
}

/** Resolves when everything is on disk and closed. */
export function runServe(cli: Cli, options: ServeOptions): Promise<number> {
  // A service does not depend on who reads what it says: only a signal ends it.
  cli.outliveReaders();
  return cli.interruptible((signal) => serveUntil(signal, cli, options));
}

async function serveUntil(signal: AbortSignal, cli: Cli, { flags, file, json }: ServeOptions): Promise<number> {
  const config = loadServeConfig(cli, { flags, file });
  const located = locateEngine({ given: config.engine, environment: cli.environment });
  if (!located.found) throw new CliError('ENGINE_MISSING', located.problem);
  const { serve } = await import('../main.js');
  const say = (event: string, facts: object, text: string) =>
    json ? cli.output.print(toJson({ event, ...facts })) : cli.output.note(text);
  // Stopped before there was anything to stop.
  if (signal.aborted) return 0;
  const service = await serve(config, located.path, { ...cli.environment }).catch((error: unknown) => {
    throw startError(error, config.listen);
  });
  const warm = new Set<string>();
  const unsubscribe = service.onLaneChange((lane) => {
    if (lane.warm === warm.has(lane.id)) return;
    if (!lane.warm) warm.delete(lane.id);
    else if (warm.add(lane.id) && lane.stage === 'prove') say('warm', { lane }, `Prover ${lane.id} is warm.`);
  });
  const { url, restored, readiness } = service;
  const lanes = service.lanes();
  const broughtBack = restored > 0 ? ` · open requests brought back: ${restored}` : '';
  const text = `Serving on ${url}${broughtBack} · ${lanes.map(describeLane).join(' · ')}`;
  say('serving', { url, restored, lanes }, text);
  let isUnable = false;
  const tellReadiness = () => {
    const { outage } = readiness;
    if (outage !== undefined) say('not_ready', outage, `Not ready. ${sentenceOf(outage)}`);
    else if (isUnable) say('ready', {}, 'Ready: every stage has a lane now.');
    isUnable = outage !== undefined;
  };
  tellReadiness();
  const stopTelling = readiness.onChange(tellReadiness);
  if (!signal.aborted) await Promise.race([once(signal, 'abort'), service.drained]);
  unsubscribe();
  stopTelling();
  say('stopping', {}, 'Stopping: running calls and engines are ended, open requests are kept. Again to stop at once.');
  await service.stop();
  return 0;
}

/** `cpu-prove-0 starting (core, compressed)`. */
function describeLane({ id, state, stage, modes, warm }: LaneStatus): string {
  return `${id} ${warm ? 'warm' : state}${stage === 'prove' ? ` (${modes.join(', ') || 'no mode fits this machine'})` : ''}`;
}
