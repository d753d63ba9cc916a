// A list of routes over a real port: which of them answers, and what becomes of what they throw.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { fail } from '../../failures/fail.js';
import { FailureError } from '../../failures/failureError.js';
import { createLog } from '../../log.js';
import { heard, startListener } from '../../testkit/transport/listenerRig.js';
import { answerJson, type Exchange } from './exchange.js';
import { createRoutes, type Route, reads } from './routes.js';

const log = createLog('silent');
const saying = (what: string) => (exchange: Exchange, part: string) => answerJson(exchange, 200, { what, part });

it('the first route of the list that matches method and path answers, with the part that its pattern names', async (t) => {
  const routes: Route[] = [
    { methods: reads, path: '/things', answer: saying('list') },
    { methods: ['DELETE'], path: /^\/things\/(\d+)$/, answer: saying('delete') },
    { methods: reads, path: /^\/things\/(\d+)$/, answer: saying('one') },
    { methods: reads, path: /^\/things\/.*$/, answer: saying('rest') },
  ];
  const { to } = await startListener(t, {
    routes: createRoutes({ routes, otherwise: (e) => saying('none')(e, ''), log }),
  });
  const answered = async (method: string, path: string) => {
    const { body } = await heard(to, { ':method': method, ':path': path });
    return body.byteLength === 0 ? undefined : Object.values(JSON.parse(`${body}`));
  };
  assert.deepEqual(await answered('GET', '/things?x=/things/7'), ['list', '']);
  assert.deepEqual(await answered('DELETE', '/things/7'), ['delete', '7']);
  assert.deepEqual(await answered('GET', '/things/7'), ['one', '7']);
  assert.deepEqual(await answered('GET', '/things/x'), ['rest', '']);
  assert.deepEqual(await answered('DELETE', '/things'), ['none', '']);
  assert.deepEqual(await answered('GET', '/thing'), ['none', '']);
  assert.equal(await answered('HEAD', '/things'), undefined);
});

it('what a route throws is answered: a failure as it is, a surprise under a reference', async (t) => {
  const thrown = [new FailureError(fail('QUEUE_FULL', { limit: 7 })), new Error('secret detail of ours')];
  const routes: Route[] = thrown.map((error, at) => ({
    methods: ['GET'],
    path: `/${at}`,
    answer: () => Promise.reject(error),
  }));
  const { to } = await startListener(t, { routes: createRoutes({ routes, otherwise: async () => {}, log }) });
  const [full, broken] = await Promise.all([0, 1].map((at) => heard(to, { ':path': `/${at}` })));
  assert.equal(full?.head[':status'], 504);
  assert.match(`${full?.body}`, /QUEUE_FULL/);
  assert.equal(broken?.head[':status'], 504);
  assert.match(`${broken?.body}`, /INTERNAL/);
  assert.doesNotMatch(`${broken?.body}`, /secret/);
});
