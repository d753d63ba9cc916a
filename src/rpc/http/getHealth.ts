// GET /health: for load balancers, container health checks and people. What it says comes from the composition root.
import { answerJson, type Exchange } from '../../transport/http/exchange.js';
import { type Route, reads } from '../../transport/http/routes.js';

/** Served as it is; `serving` alone decides the status. Nothing about any request or requester. */
export interface Health {
  readonly serving: boolean;
  readonly [fact: string]: unknown;
}

/** 200 when serving, else 503: nothing but health checks asks here, and this is the status they look for. */
const getHealth = (exchange: Exchange, health: Health): Promise<void> =>
  answerJson(exchange, health.serving ? 200 : 503, health);

export interface HealthRouteDependencies {
  readonly health: () => Health;
}

/** For everybody. */
export const healthRoute = ({ health }: HealthRouteDependencies): Route => ({
  methods: reads,
  path: '/health',
  answer: (exchange) => getHealth(exchange, health()),
});
