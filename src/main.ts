// Opens real ports, assembles the service over them, listens, and stops all of it in reverse.

import { createQuoteQueue } from './attestation/reports/quoteQueue.js';
import { packageVersion } from './cli/version.js';
import { circuitVersion } from './client/requestProof.js';
import type { Config } from './config/load.js';
import { Role } from './gen/admin/v1/access_pb.js';
import type { LaneStatus } from './lanes/scheduling.js';
import { createLog } from './log.js';
import { createCallMetrics } from './metrics/callMetrics.js';
import { createHttpMetrics } from './metrics/httpMetrics.js';
import { registerProcessMetrics } from './metrics/processMetrics.js';
import { registerCertificate } from './metrics/upkeepMetrics.js';
import { pageRoutes } from './rpc/admin/page/pageRoutes.js';
import { nothingHere } from './rpc/http/routes.js';
import { openAdmin } from './service/admin.js';
import { assemble } from './service/assemble.js';
import { openAttestation } from './service/attestation.js';
import { openProvider } from './service/attestProvider.js';
import { machineOf } from './service/footprint.js';
import { Lifecycle } from './service/lifecycle.js';
import { allMetricsRoute, openMetrics } from './service/metricsListener.js';
import { openRecords } from './service/openRecords.js';
import { openTee } from './service/openTee.js';
import { openOwnTls } from './service/ownTls.js';
import { readPageFiles } from './service/pageFiles.js';
import type { Readiness } from './service/readiness.js';
import { openPorts } from './service/realPorts.js';
import { settingsOf } from './service/settings.js';
import { teeOperatorRoutes, teeRoutes } from './service/teeRoutes.js';
import { openTls } from './service/tls.js';
import { openWorkers } from './service/workers.js';
import { schemaVersion } from './store/buckets.js';
import { createCollector } from './traces/collector.js';
import { createListener } from './transport/front/createListener.js';
import { createRoutes } from './transport/http/routes.js';

export interface Service {
  /** Where clients reach it, for example `http://127.0.0.1:8080`. */
  readonly url: string;
  readonly lanes: () => readonly LaneStatus[];
  /** Whether it can do what it is for. */
  readonly readiness: Pick<Readiness, 'outage' | 'onChange'>;
  /** Called with every change of a lane. Returns the unsubscribe function. */
  onLaneChange(listener: (lane: LaneStatus) => void): () => void;
  /** How many requests were brought back from the disk. */
  readonly restored: number;
  /** Resolves when an operator wants it to stop. Whoever has started it does so. */
  readonly drained: Promise<void>;
  /** Refuses new work, ends calls and lanes within a bound, and resolves when everything is on disk and closed. */
  stop(): Promise<void>;
}

/** One message of the SDK is under 1 KB. A list of ids stays far below too. */
const maxCallBytes = 16 * 1024;

/** Calls of operators are answered from memory, or give up by themselves. */
const adminGraceMs = 1_000;

/** `engine`: path of our engine. Throws as `openPorts` does, RestoreError, or the system's error for a port in use. */
export async function serve(config: Config, engine: string, environment: NodeJS.ProcessEnv): Promise<Service> {
  const log = createLog(config.logLevel);
  const lifecycle = new Lifecycle(log);
  try {
    return await build();
  } catch (error) {
    await lifecycle.stop();
    throw error;
  }

  async function build(): Promise<Service> {
    const ports = await openPorts({ config, engine, environment, log, lifecycle });
    const { clock, scheduling } = ports;
    const parts = { config, folder: config.data, environment, ...ports };
    const provider = await openProvider(parts);
    const queue = provider && createQuoteQueue({ provider, clock, log });
    lifecycle.onStop(() => queue?.close());
    const attested = provider && queue && { provider, queue };
    const settings = settingsOf(config);
    const records = await openRecords(ports, settings.feed.retention);
    const tee = await openTee({ attested, lifecycle, ...parts, records });
    const version = packageVersion();
    const collector = config.tracesTo === undefined ? undefined : createCollector(config.tracesTo, version);
    const assembly = await assemble({ ...ports, records, tee, collector }, settings);
    lifecycle.onStop(() => assembly.stop());
    lifecycle.onStop(
      registerProcessMetrics(ports.meter, {
        ...machineOf(config.data),
        version,
        engine: circuitVersion,
        schema: schemaVersion,
        life: assembly.life,
      }),
    );
    const metrics = allMetricsRoute(ports, tee);
    await openMetrics({
      address: config.metricsListen,
      route: metrics,
      health: assembly.routeParts.health,
      clock,
      log,
      lifecycle,
    });
    const drained = Promise.withResolvers<void>();
    const admin = await openAdmin({
      ...ports,
      stopService: drained.resolve,
      config,
      assembly,
      signers: tee?.signers,
      version,
      more: [...teeOperatorRoutes(tee, clock), { ...metrics, needs: Role.READ }, ...pageRoutes(await readPageFiles())],
    });
    lifecycle.onStop(() => admin.close(adminGraceMs));
    const { methods } = assembly;
    const tls =
      config.tls === undefined ? openTls(config, { clock, log }) : await openOwnTls(config.tls, { provider, ...parts });
    lifecycle.onStop(() => tls?.close());
    // What renews itself in time is not watched.
    if (config.tls === undefined && tls !== undefined) registerCertificate(ports.meter, { clock, ...tls });
    const attestation = await openAttestation({ attested, tls, version, ...parts });
    lifecycle.onStop(() => attestation?.close());
    const routes = [...assembly.routes, ...teeRoutes(tee), ...(attestation?.routes ?? [])];
    const watch = createHttpMetrics(ports.meter, { routes, clock });
    const front = createListener({
      methods,
      routes: createRoutes({ routes, otherwise: nothingHere, log, watch }),
      annotate: attestation?.annotate,
      receiver: attestation?.receiver,
      watch: createCallMetrics(ports.meter, { paths: methods.map(({ path }) => path), clock }),
      tls,
      maxCallBytes,
      clock,
      log,
    });
    // Calls are answered from here on, with UNAVAILABLE until every open request is back.
    const address = await front.listen(config.listen);
    lifecycle.onStop(() => front.close(config.drainTimeout));
    const restored = await assembly.restore();
    scheduling.start();
    assembly.serve();
    const workers = await openWorkers({ ...ports, config, version });
    lifecycle.onStop(() => workers?.close());
    // First of all: new work is refused while the rest is stopped.
    lifecycle.onStop(() => assembly.gate.advance('draining'));

    const host = address.host.includes(':') ? `[${address.host}]` : address.host;
    return {
      url: `${tls === undefined ? 'http' : 'https'}://${host}:${address.port}`,
      lanes: () => scheduling.lanes(),
      readiness: assembly.readiness,
      onLaneChange: (listener) => scheduling.onLaneChange(listener),
      restored,
      drained: drained.promise,
      stop: () => lifecycle.stop(),
    };
  }
}
