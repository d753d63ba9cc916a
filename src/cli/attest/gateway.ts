// `sealed-prover attest gateway`: the gateway in this process, until SIGTERM or Ctrl-C; a second one ends it at once.
import { once } from 'node:events';
import { join } from 'node:path';
import { attestContradictions } from '../../config/attest.js';
import type { ListenAddress } from '../../config/listenAddress.js';
import type { Gateway } from '../../gateway/openGateway.js';
import type { GatewaySettings } from '../../gateway/settings.js';
import { type Cli, CliError, usageExitCode } from '../cli.js';
import { dataFolder } from '../folders.js';
import { toJson } from '../output.js';
import { startError } from '../startError.js';
import { packageVersion } from '../version.js';
import { leadsBack } from './leadsBack.js';

export interface GatewayOptions {
  readonly host: string;
  readonly upstream: URL;
  readonly listen: ListenAddress;
  readonly attest: 'auto' | 'dstack' | 'tappd' | 'tsm' | 'dev';
  readonly attestSocket?: string;
  readonly attestHeader: 'on-request' | 'always';
  readonly sealedBodies: 'off' | 'accept' | 'require';
  readonly tls?: 'derived' | 'ephemeral';
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly acmeAccount?: string;
  readonly bodyLimit: number;
  readonly deadline: number;
  readonly data?: string;
  readonly json?: true;
}

/** Resolves when everything is closed. */
export function runAttestGateway(cli: Cli, options: GatewayOptions): Promise<number> {
  const settings = settingsOf(cli, options);
  // It does not depend on who reads what it says: only a signal ends it.
  cli.outliveReaders();
  return cli.interruptible((signal) => runUntil(signal, cli, settings, options.json === true));
}

async function runUntil(signal: AbortSignal, cli: Cli, settings: GatewaySettings, json: boolean): Promise<number> {
  const { openGateway } = await import('../../gateway/openGateway.js');
  const say = (event: string, facts: object, text: string) =>
    json ? cli.output.print(toJson({ event, ...facts })) : cli.output.note(text);
  // Stopped before there was anything to stop.
  if (signal.aborted) return 0;
  const version = packageVersion();
  const gateway: Gateway = await openGateway({ settings, version, environment: { ...cli.environment } }).catch(
    (error: unknown) => {
      throw startError(error, settings.listen);
    },
  );
  const { url } = gateway;
  const upstream = settings.upstream.origin;
  const tlsSpkiSha256 = gateway.spkiSha256();
  say(
    'serving',
    { url, upstream, tlsSpkiSha256 },
    `Serving on ${url} · passes on to ${upstream} · TLS key ${tlsSpkiSha256}`,
  );
  if (!signal.aborted) await once(signal, 'abort');
  say('stopping', {}, 'Stopping: what is under way has a moment to end. Again to stop at once.');
  await gateway.stop();
  return 0;
}

function settingsOf({ environment }: Cli, options: GatewayOptions): GatewaySettings {
  const { host, upstream, listen, attest, attestSocket, attestHeader, acmeAccount, tlsCert, tlsKey, sealedBodies } =
    options;
  const data = options.data ?? join(dataFolder(environment), 'gateway');
  const problems = [
    ...attestContradictions({
      attest,
      attestHeader,
      attestSocket,
      acmeAccount,
      listen,
      tls: options.tls,
      tlsCert,
      sealedBodies,
    }),
    ...((tlsCert === undefined) === (tlsKey === undefined) ? [] : ['--tls-cert and --tls-key need each other']),
    ...(leadsBack(upstream, listen) ? ['--upstream leads to the gateway itself: name the address of the prover'] : []),
  ];
  if (problems.length > 0) throw new CliError('USAGE', problems.map((text) => `${text}.`).join('\n'), usageExitCode);
  return {
    ...{ host, upstream, listen, attest, attestSocket, attestHeader, sealedBodies, acmeAccount },
    tls: tlsCert !== undefined && tlsKey !== undefined ? { cert: tlsCert, key: tlsKey } : (options.tls ?? 'ephemeral'),
    data,
    bodyLimitBytes: options.bodyLimit,
    deadlineMs: options.deadline,
  };
}
