// GET /health of a gateway: whether its upstream takes connections. It says nothing of whether that proves.
import type { Clock } from '../clock.js';
import type { Connect } from '../relay/upstream.js';
import { answerJson } from '../transport/http/exchange.js';
import { type Route, reads } from '../transport/http/routes.js';

/** One look serves all who ask within this time (ms). */
const keptMs = 1_000;
const patienceMs = 2_000;

export function gatewayHealth({
  connect,
  clock,
}: {
  connect: Connect;
  clock: Pick<Clock, 'steady' | 'wakeIn'>;
}): Route {
  let last: { readonly at: number; readonly isThere: Promise<boolean> } | undefined;

  async function look(): Promise<boolean> {
    const late = new AbortController();
    const cancel = clock.wakeIn(patienceMs, () => late.abort(new Error('too late')));
    try {
      (await connect('http1', late.signal)).destroy();
      return true;
    } catch {
      // Why it is not there is in the log of whoever asks it for something.
      return false;
    } finally {
      cancel();
    }
  }

  return {
    methods: reads,
    path: '/health',
    async answer(exchange) {
      const now = clock.steady();
      if (last === undefined || now - last.at >= keptMs) last = { at: now, isThere: look() };
      const isThere = await last.isThere;
      const status = isThere ? 'serving' : 'upstream unreachable';
      await answerJson(exchange, isThere ? 200 : 503, { status });
    },
  };
}
