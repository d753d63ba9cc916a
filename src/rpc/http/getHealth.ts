// GET /health: for load balancers, container health checks and people. What it says comes from the composition root.
import { answerJson, type Exchange } from './exchange.js';

/** Served as it is; `serving` alone decides the status. Nothing about any request or requester. */
export interface Health {
  readonly serving: boolean;
  readonly [fact: string]: unknown;
}

/** 200 when serving, else 503: nothing but health checks asks here, and this is the status they look for. */
export const getHealth = (exchange: Exchange, health: Health): Promise<void> =>
  answerJson(exchange, health.serving ? 200 : 503, health);
