// `sealed-prover attest proxy`: the stock SDK on one side, an attested key on the other, and nothing that leaves before it is one.
import { once } from 'node:events';
import type { Attestation } from '../../attestation/attested/modes.js';
import { AttestationRefused } from '../../attestation/attested/refusal.js';
import type { AttestationFailure } from '../../attestation/verify/failure.js';
import { type RunningProxy, startProxy } from '../../attestProxy/startProxy.js';
import { isLoopback } from '../../config/attest.js';
import { createLog } from '../../log.js';
import { systemRandom } from '../../random.js';
import { type Cli, CliError, interruptedExitCode, usageExitCode } from '../cli.js';
import { toJson } from '../output.js';
import { startError } from '../startError.js';
import { leadsBack } from './leadsBack.js';
import { firstLook, type OpenedTarget, openProxyTarget } from './openProxy.js';
import type { ListenOptions } from './proxyOptions.js';
import { verdictTable } from './table.js';

/** What is wrong with a target that is only observed is said again this often (ms). */
const warnEveryMs = 3_600_000;

/** Resolves with 0 when it was stopped. Throws CliError: 1 refused, 2 wrong usage, 3 not checked. */
export async function runAttestProxy(cli: Cli, target: URL, options: ListenOptions): Promise<number> {
  const { listen, listenBeyondThisMachine, json = false } = options;
  const usage = (problem: string) => new CliError('USAGE', problem, usageExitCode);
  if (!isLoopback(listen.host) && !listenBeyondThisMachine)
    throw usage(
      `${listen.host} is reached from beyond this machine, and what is sent to it goes in the clear. If that is what you want, say so with --listen-beyond-this-machine.`,
    );
  if (leadsBack(target, listen)) throw usage(`${target.origin} leads to the proxy itself: name the service.`);
  cli.outliveReaders();
  const say = (event: string, facts: object, text: string) =>
    json ? cli.output.print(toJson({ event, ...facts })) : cli.output.note(text);
  const opened = await openProxyTarget(cli, target, options, ({ attestation: { status, level }, spki }) =>
    say(
      'key',
      { spki, status, level },
      `Key ${spki === '' ? 'none, there is no TLS' : spki.slice(0, 16)}: ${status}, level ${level}.`,
    ),
  );
  const show = (attestation: Attestation) => say('attested', { attestation }, textOf(attestation));
  return await cli.interruptible(async (signal) => {
    try {
      await firstLook(cli, opened, { signal, show });
    } catch (error) {
      opened.connections.close();
      if (!signal.aborted) throw error;
      return interruptedExitCode;
    }
    const stopWarning = warn(cli, opened, say);
    const proxy = await listenFor(cli, target, options, { opened, say });
    const text = `Listening on ${proxy.url} for ${target.origin}. From Rust: SP1_PROVER=hosted NETWORK_RPC_URL=${proxy.url}`;
    say('listening', { url: proxy.url, target: target.origin }, text);
    if (!signal.aborted) await once(signal, 'abort');
    say('stopping', {}, 'Stopping.');
    stopWarning();
    await proxy.stop();
    return 0;
  });
}

type Say = (event: string, facts: object, text: string) => void;

/** Of a target that is only observed: at the start, and every hour. */
function warn({ clock }: Cli, { observed }: OpenedTarget, say: Say): () => void {
  let cancel = () => {};
  const tell = () => {
    const wrong: AttestationFailure | undefined = observed();
    if (wrong)
      say(
        'observed',
        wrong,
        `WARNING ${wrong.code}: ${wrong.detail} It is served all the same: the mode only observes.`,
      );
    cancel = clock.wakeIn(warnEveryMs, tell);
  };
  tell();
  return () => cancel();
}

async function listenFor(
  cli: Cli,
  target: URL,
  { listen, reattest }: ListenOptions,
  { opened, say }: { opened: OpenedTarget; say: Say },
): Promise<RunningProxy> {
  let isRefused = false;
  try {
    return await startProxy({
      target,
      connections: opened.connections,
      listen,
      verdictMs: reattest,
      onLook(error) {
        if (error === undefined && isRefused) say('attested_again', {}, 'The target is attested again.');
        isRefused = error !== undefined;
        if (error === undefined) return;
        const [code, text] =
          error instanceof AttestationRefused
            ? [error.code, error.message]
            : ['NOT_REACHED', `${(error as Error).message}`];
        say('refused', { code, message: text }, `The target is not attested now: ${text}`);
      },
      clock: cli.clock,
      random: systemRandom,
      log: createLog('debug'),
    });
  } catch (error) {
    opened.connections.close();
    throw startError(error, listen);
  }
}

const textOf = ({ status, level, verdict }: Attestation): string => {
  const summary = `Attestation: ${status}, level ${level}.`;
  return verdict === undefined ? summary : `${verdictTable(verdict, true)}\n${summary}`;
};
