// What an operator posts about a registration that they send themselves, and how a body that is none is refused.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLog } from '../../log.js';
import { startListener } from '../../testkit/transport/listenerRig.js';
import { createRoutes } from '../../transport/http/routes.js';
import { operatorRoutes } from './operate.js';
import { nothingHere } from './routes.js';

test('the block of a registration and its transaction are taken from JSON, and nothing else is', async (t) => {
  const heard: unknown[] = [];
  const routes = operatorRoutes({
    status: async () => ({}),
    byHand: {
      async requote(reference) {
        heard.push(reference);
        return reference.number === 7 ? { to: '0x11' } : { problem: 'No.' };
      },
      note(transaction) {
        heard.push(transaction);
        return { isWatched: true };
      },
    },
  });
  const { to } = await startListener(t, {
    routes: createRoutes({ routes, otherwise: nothingHere, log: createLog('silent') }),
  });
  const post = async (path: string, body: string) => {
    const answer = await fetch(`http://127.0.0.1:${(to as { port: number }).port}${path}`, { method: 'POST', body });
    return [answer.status, await answer.json()] as const;
  };
  const hash = 'aB'.repeat(32);
  const block = (blockNumber: unknown, blockHash: unknown = `0x${hash}`) => JSON.stringify({ blockNumber, blockHash });
  assert.deepEqual(await post('/tee/registration', block(7)), [200, { to: '0x11' }]);
  assert.deepEqual(await post('/tee/registration', block(8)), [409, { problem: 'No.' }]);
  assert.deepEqual(await post('/tee/registered', JSON.stringify({ txHash: `0x${hash}` })), [202, { isWatched: true }]);
  const lower = hash.toLowerCase();
  assert.deepEqual(heard, [{ number: 7, hash: lower }, { number: 8, hash: lower }, lower]);
  for (const body of [
    block(-1),
    block(1.5),
    block('7'),
    block(7, hash),
    block(7, '0x00'),
    '[]',
    'null',
    '{',
    '',
    ' '.repeat(2_000),
  ])
    assert.equal((await post('/tee/registration', body))[0], 400, body);
  for (const body of ['{}', '{"txHash":1}', `{"txHash":"${hash}"}`])
    assert.equal((await post('/tee/registered', body))[0], 400, body);
  assert.equal(heard.length, 3);
});
