// `attest proxy`: a listener on this machine whose every exchange goes to one attested target, and nowhere else.

import { asFailure } from '../attestation/attested/asFailure.js';
import type { OpenedTarget } from '../attestation/attested/openTarget.js';
import type { Clock } from '../clock.js';
import type { Log } from '../log.js';
import type { Random } from '../random.js';
import { createUpstream } from '../relay/createUpstream.js';
import { createRelay } from '../relay/relay.js';
import { createSealedAsk } from '../relay/sealedAsk.js';
import type { RelayedRequest } from '../relay/upstream.js';
import { createListener } from '../transport/front/createListener.js';
import type { TcpAddress } from '../transport/front/front.js';
import { keepAttested } from './keepAttested.js';
import { attestedThrough } from './through.js';

export interface ProxyParameters {
  readonly target: URL;
  readonly connections: OpenedTarget;
  readonly listen: TcpAddress;
  /** How long a verdict holds (ms). */
  readonly verdictMs: number;
  /** After each look in the background: what was wrong, if anything was. */
  readonly onLook: (error: unknown) => void;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

export interface RunningProxy {
  readonly url: string;
  stop(): Promise<void>;
}

/** Connections for artifacts at once. More wait. */
const artifactConnections = 8;
/** A session takes 256 calls where the service allows them, and held polls are calls. */
const sessions = 8;
/** As the SDK does (ms). */
const pingMs = 15_000;
/** An upload has no limit here: the service has one, and says so. */
const bodyLimitBytes = 2 ** 40;
/** What takes longer than a day is not an exchange any more (ms). */
const deadlineMs = 24 * 3_600_000;
const mostExchanges = 4_096;
/** Calls that are answered here have a status without a message. */
const maxCallBytes = 0;
/** For the last answers (ms). */
const graceMs = 1_000;

/** Rejects with the system's error for an address that cannot be had. */
export async function startProxy(of: ProxyParameters): Promise<RunningProxy> {
  const { target, connections, verdictMs, onLook, clock, random, log } = of;
  const { bodyKeys } = connections;
  let bound = new URL(originOf(of.listen));
  const upstream = createUpstream({
    connect: (protocol, signal) => connections.connect(protocol, signal).catch(asFailure),
    connections: artifactConnections,
    sessions,
    pingMs,
    clock,
  });
  const relay = createRelay({
    ask: bodyKeys === undefined ? upstream.ask : createSealedAsk({ ask: upstream.ask, ...bodyKeys }),
    through: attestedThrough({
      target,
      connections,
      isSealed: bodyKeys !== undefined,
      ownOrigin: (request) => ownOriginOf(bound, request),
    }),
    name: `sealed-prover-${Buffer.from(random.bytes(8)).toString('hex')}`,
    bodyLimitBytes,
    deadlineMs,
    most: mostExchanges,
    clock,
    random,
    log,
  });
  const front = createListener({ methods: relay, routes: relay.routes, maxCallBytes, clock, log });
  const address = await front.listen(of.listen);
  bound = new URL(originOf(address));
  const stopLooking = keepAttested({ connections, verdictMs, clock, onLook });
  return {
    url: bound.origin,
    async stop() {
      stopLooking();
      await front.close(graceMs);
      upstream.close();
      connections.close();
    },
  };
}

const originOf = ({ host, port }: TcpAddress) => `http://${host.includes(':') ? `[${host}]` : host}:${port}`;

const anyAddress = /^(0\.0\.0\.0|\[::\])$/;
const namesHost = /^(?:[A-Za-z0-9_.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?$/;

/** Where it listens on all addresses, its client's own words for it. */
const ownOriginOf = (bound: URL, { authority }: RelayedRequest): URL =>
  anyAddress.test(bound.hostname) && namesHost.test(authority) ? new URL(`http://${authority}`) : bound;
