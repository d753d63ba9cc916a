// GET /metrics: the signing keys in numbers, for Prometheus.
import type { Exchange } from '../../transport/http/exchange.js';
import { type Route, reads } from '../../transport/http/routes.js';

export interface MetricsRouteDependencies {
  readonly metrics: () => Promise<string>;
}

/** For everybody, as /health is. */
export const metricsRoute = ({ metrics }: MetricsRouteDependencies): Route => ({
  methods: reads,
  path: '/metrics',
  answer: async (exchange) => sendText(exchange, await metrics()),
});

function sendText(exchange: Exchange, text: string): Promise<void> {
  const body = Buffer.from(text);
  const headers = { 'content-type': 'text/plain; version=0.0.4; charset=utf-8', 'content-length': body.byteLength };
  return exchange.answer({ status: 200, headers, body });
}
