// What Prometheus reads: on a port of its own where one is wanted, and on the socket of operators. There is no request, address or program in it.
import type { Clock } from '../clock.js';
import type { ListenAddress } from '../config/listenAddress.js';
import type { Log } from '../log.js';
import { type HealthRouteDependencies, healthRoute } from '../rpc/http/getHealth.js';
import { metricsRoute } from '../rpc/http/getMetrics.js';
import { nothingHere } from '../rpc/http/routes.js';
import { signerMetrics } from '../signers/signerMetrics.js';
import { together } from '../together.js';
import { createListener } from '../transport/front/createListener.js';
import { createRoutes, type Route } from '../transport/http/routes.js';
import type { Lifecycle } from './lifecycle.js';
import type { OpenedTee } from './openTee.js';
import type { Ports } from './ports.js';

/** All of it, with the signing keys where there are some. Anybody may ask, and as often as they like: those who ask at once cost one look. */
export const allMetricsRoute = ({ meter }: Pick<Ports, 'meter'>, tee: OpenedTee | undefined): Route =>
  metricsRoute({
    metrics: together(async () => {
      const text = await meter.text();
      return tee === undefined ? text : `${text}${await signerMetrics(tee.signers, tee.registrar)}`;
    }),
  });

export interface MetricsListenerParameters extends HealthRouteDependencies {
  readonly address: ListenAddress | undefined;
  readonly route: Route;
  readonly clock: Clock;
  readonly log: Log;
  readonly lifecycle: Pick<Lifecycle, 'onStop'>;
}

/** Nothing is called here. */
const maxCallBytes = 1;

/** Throws the system's error for a port in use. */
export async function openMetrics(parameters: MetricsListenerParameters): Promise<void> {
  const { address, route, clock, log, lifecycle } = parameters;
  if (address === undefined) return;
  const routes = createRoutes({ routes: [route, healthRoute(parameters)], otherwise: nothingHere, log });
  const front = createListener({ methods: [], routes, maxCallBytes, clock, log });
  const bound = await front.listen(address);
  lifecycle.onStop(() => front.close(0));
  log.info({ event: 'metrics.listening', host: bound.host, port: bound.port }, 'metrics are served');
}
