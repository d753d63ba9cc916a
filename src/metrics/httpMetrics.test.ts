// What is counted of HTTP, over a real port: what clients invent makes no series.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { it } from 'node:test';
import { fail } from '../failures/fail.js';
import { FailureError } from '../failures/failureError.js';
import { createLog } from '../log.js';
import { nothingHere } from '../rpc/http/routes.js';
import { parsePrometheus } from '../testkit/service/prometheusText.js';
import { heard, open, startListener } from '../testkit/transport/listenerRig.js';
import { SimulatedClock } from '../testkit/world/simulatedClock.js';
import { answerJson } from '../transport/http/exchange.js';
import { createRoutes, type Route, reads } from '../transport/http/routes.js';
import { createHttpMetrics } from './httpMetrics.js';
import { createMeter } from './meter.js';

it('each exchange counts once, by its route and the class of its status, and takes time', {
  timeout: 300_000,
}, async (t) => {
  const meter = createMeter();
  const clock = new SimulatedClock();
  let wait = () => {};
  const waiting = new Promise<void>((resolve) => {
    wait = resolve;
  });
  const routes: Route[] = [
    { methods: reads, path: '/health', answer: (exchange) => answerJson(exchange, 200, {}) },
    {
      methods: ['PUT'],
      path: /^\/artifacts\/([0-9a-f]{4})$/,
      async answer(exchange) {
        await clock.advance(2_000);
        await answerJson(exchange, 200, {});
      },
    },
    {
      methods: reads,
      path: /^\/requests\/([^/]+)$/,
      answer() {
        throw new FailureError(fail('DRAINING'));
      },
    },
    {
      methods: reads,
      path: '/wait',
      async answer({ signal }) {
        wait();
        await once(signal, 'abort');
      },
    },
  ];
  const watch = createHttpMetrics(meter, { routes, clock });
  const { to } = await startListener(t, {
    routes: createRoutes({ routes, otherwise: nothingHere, log: createLog('silent'), watch }),
  });
  const read = async (name: string) =>
    Object.fromEntries(
      (parsePrometheus(await meter.text()).get(name)?.samples ?? []).map(({ name: sample, labels, value }) => [
        [sample.replace(name, ''), labels['route'], labels['status'], labels['le']].filter(Boolean).join(' '),
        value,
      ]),
    );
  for (const path of ['/health', '/health?x=1', '/requests/a', '/requests/b', '/other', '/other/2', '/waits'])
    await heard(to, { ':path': path });
  for (const id of ['0000', 'ffff']) await heard(to, { ':method': 'PUT', ':path': `/artifacts/${id}` });
  const socket = await open(to);
  socket.write('GET /wait HTTP/1.1\r\nhost: listener\r\n\r\n');
  await waiting;
  socket.destroy();
  while ((await read('sealed_http_total'))['GET /wait gone'] === undefined) await new Promise(setImmediate);
  assert.deepEqual(await read('sealed_http_total'), {
    'GET /health 2xx': 2,
    'GET /requests/* 5xx': 2,
    'PUT /artifacts/* 2xx': 2,
    'other 4xx': 3,
    'GET /wait gone': 1,
  });
  const seconds = await read('sealed_http_seconds');
  assert.equal(seconds['_sum PUT /artifacts/* 2xx'], 4);
  assert.equal(seconds['_bucket PUT /artifacts/* 2xx 1'], 0);
  assert.equal(seconds['_bucket PUT /artifacts/* 2xx 2.5'], 2);
  assert.equal(seconds['_count other 4xx'], 3);
});
