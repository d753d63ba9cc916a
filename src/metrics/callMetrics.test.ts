// Calls by gRPC in numbers: each call counts once, with the code that its client has seen.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { it } from 'node:test';
import { fail } from '../failures/fail.js';
import { FailureError } from '../failures/failureError.js';
import { parsePrometheus } from '../testkit/service/prometheusText.js';
import { called, session, startListener } from '../testkit/transport/listenerRig.js';
import { SimulatedClock } from '../testkit/world/simulatedClock.js';
import type { CallContext, Method } from '../transport/grpc/call.js';
import { framed } from '../transport/grpc/message.js';
import { createCallMetrics } from './callMetrics.js';
import { createMeter } from './meter.js';

it('each call counts once, with its method and code', { timeout: 300_000 }, async (t) => {
  const meter = createMeter();
  let wait = () => {};
  const waiting = new Promise<void>((resolve) => {
    wait = resolve;
  });
  const methods: Method[] = [
    { path: '/test.Calls/Answer', answer: () => Buffer.from('here') },
    {
      path: '/test.Calls/Refuse',
      answer() {
        throw new FailureError(fail('DRAINING'));
      },
    },
    {
      path: '/test.Calls/Wait',
      answer({ signal }: CallContext) {
        wait();
        return once(signal, 'abort').then(() => Buffer.alloc(0));
      },
    },
  ];
  const watch = createCallMetrics(meter, { paths: methods.map(({ path }) => path), clock: new SimulatedClock() });
  const { to } = await startListener(t, { methods, watch });
  const read = async (name: string) =>
    Object.fromEntries(
      (parsePrometheus(await meter.text()).get(name)?.samples ?? []).map(({ labels, value }) => [
        [labels['method'], labels['code']].filter(Boolean).join(' '),
        value,
      ]),
    );
  for (const path of ['/test.Calls/Answer', '/test.Calls/Answer', '/test.Calls/Refuse', '/test.Calls/Unknown', '/x'])
    await called(to, path);
  const client = session(to);
  t.after(() => client.destroy());
  const stream = client
    .request({ ':method': 'POST', ':path': '/test.Calls/Wait', 'content-type': 'application/grpc' })
    .on('error', () => undefined);
  stream.end(framed(Buffer.alloc(0)));
  await waiting;
  stream.close();
  while ((await read('sealed_rpc_total'))['Wait cancelled'] === undefined) await new Promise(setImmediate);
  assert.deepEqual(await read('sealed_rpc_total'), {
    'Answer ok': 2,
    'Refuse unavailable': 1,
    'other unimplemented': 2,
    'Wait cancelled': 1,
  });
  const seconds = parsePrometheus(await meter.text()).get('sealed_rpc_seconds')?.samples ?? [];
  assert.deepEqual(
    seconds
      .filter(({ name }) => name.endsWith('_count'))
      .map(({ labels, value }) => `${labels['method']} ${labels['code']} ${value}`)
      .sort(),
    ['Answer ok 2', 'Refuse unavailable 1', 'Wait cancelled 1', 'other unimplemented 2'],
  );
  assert.deepEqual(await read('sealed_refusals_total'), { DRAINING: 1 });
});
