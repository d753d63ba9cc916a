// The gateway: TLS that ends inside the trusted machine, reports on every answer, and a relay to the prover beside it.
import { mkdirSync } from 'node:fs';
import type { QuoteProvider } from '../attestation/providers/quoteProvider.js';
import { systemClock } from '../clock.js';
import { createLog, type Log } from '../log.js';
import { randomHex, systemRandom } from '../random.js';
import { connectTo } from '../relay/connectTo.js';
import { createUpstream } from '../relay/createUpstream.js';
import { createRelay } from '../relay/relay.js';
import { createBodyKey } from '../sealedBodies/bodyKey.js';
import { createBodyReceiver } from '../sealedBodies/bodyReceiver.js';
import { AttestStartError, openProvider } from '../service/attestProvider.js';
import { Lifecycle } from '../service/lifecycle.js';
import { openOwnTls } from '../service/ownTls.js';
import { type OpenedTls, openTls } from '../service/tls.js';
import { createListener } from '../transport/front/createListener.js';
import { gatewayRoutes, nothingHere, throughGateway } from './gatewayRoutes.js';
import { gatewayHealth } from './getHealth.js';
import { openEvidence } from './openEvidence.js';
import type { GatewaySettings } from './settings.js';

export interface Gateway {
  /** Where it listens. */
  readonly url: string;
  /** SHA-256 of the key that it shows (hex). */
  spkiSha256(): string;
  /** Ends exchanges within a bound, and resolves when everything is closed. */
  stop(): Promise<void>;
}

export interface GatewayParameters {
  readonly settings: GatewaySettings;
  /** Of the package. */
  readonly version: string;
  readonly environment: NodeJS.ProcessEnv;
}

/** How long a stop waits for what is under way (ms). */
const drainMs = 10_000;
/** Exchanges at once. Wrong if honest ones are refused: each holds a stream of its client and one of the upstream. */
const mostExchanges = 4_096;
const upstreamLimits = { connections: mostExchanges, sessions: 64 };

/** Throws an AttestStartError, a WatchedFileError, or the system's error for a port in use. */
export async function openGateway(parameters: GatewayParameters): Promise<Gateway> {
  const log = createLog('info');
  const lifecycle = new Lifecycle(log);
  try {
    return await build(parameters, log, lifecycle);
  } catch (error) {
    await lifecycle.stop();
    throw error;
  }
}

async function build(
  { settings, version, environment }: GatewayParameters,
  log: Log,
  lifecycle: Lifecycle,
): Promise<Gateway> {
  const world = { clock: systemClock, random: systemRandom, log };
  const { clock, random } = world;
  mkdirSync(settings.data, { recursive: true, mode: 0o700 });
  const provider = await openProvider({ config: settings, environment, folder: settings.data, ...world });
  if (provider === undefined) throw new AttestStartError(unattested);
  const tls = await tlsOf(settings, provider, world);
  lifecycle.onStop(() => tls.close());
  const key = settings.sealedBodies === 'off' ? undefined : await createBodyKey(random);
  const bodyKey = key?.publicKey;
  const evidence = openEvidence({ settings, provider, tls, bodyKey, version, otherwise: nothingHere, ...world });
  lifecycle.onStop(() => evidence.close());

  const connect = connectTo(settings.upstream);
  const upstream = createUpstream({ connect, ...upstreamLimits, clock });
  lifecycle.onStop(() => upstream.close());
  const { bodyLimitBytes, deadlineMs } = settings;
  const name = `gateway-${randomHex(random, 8)}`;
  const bounds = { name, bodyLimitBytes, deadlineMs, most: mostExchanges };
  const relay = createRelay({ ask: upstream.ask, through: throughGateway, ...bounds, ...world });
  const own = [...evidence.routes, gatewayHealth({ connect, clock })];
  const front = createListener({
    methods: relay,
    routes: gatewayRoutes({ own, relay: relay.routes, log }),
    annotate: evidence.annotate,
    receiver: key && createBodyReceiver(key, settings.sealedBodies === 'require'),
    tls,
    maxCallBytes: 0,
    clock,
    log,
  });
  const address = await front.listen(settings.listen);
  lifecycle.onStop(() => front.close(drainMs));
  return {
    url: `https://${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}`,
    spkiSha256: () => tls.acceptor.spkiSha256,
    stop: () => lifecycle.stop(),
  };
}

const unattested =
  'This machine has no provider of quotes, so a gateway here could show nothing. Run it in a TDX guest, or mount the socket of its agent into this container.';

async function tlsOf(
  { host, listen, tls }: GatewaySettings,
  provider: QuoteProvider,
  world: { clock: typeof systemClock; random: typeof systemRandom; log: Log },
): Promise<OpenedTls> {
  const plaintext = 'never' as const;
  const tlsClientCa = undefined;
  if (typeof tls === 'string') {
    const publicUrl = `https://${host.includes(':') ? `[${host}]` : host}`;
    return await openOwnTls(tls, { config: { publicUrl, listen, tlsClientCa, plaintext }, provider, ...world });
  }
  return openTls({ tlsCert: tls.cert, tlsKey: tls.key, tlsClientCa, plaintext }, world) as OpenedTls;
}
