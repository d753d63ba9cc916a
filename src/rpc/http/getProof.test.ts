// The file of a proof is closed whatever becomes of its answer.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { it } from 'node:test';
import { systemClock } from '../../clock.js';
import { startArtifactService } from '../../testkit/service/artifactService.js';
import { proof } from '../../testkit/world/requests.js';
import type { Answer, Exchange } from '../../transport/http/exchange.js';
import { getProof } from './getProof.js';

it('a proof for a client that has left before its answer began is closed unread', async (t) => {
  const { storeProof, catalog, backend, stop } = await startArtifactService();
  t.after(stop);
  const id = await storeProof(randomBytes(100_000));
  let body: Answer['body'];
  const exchange = {
    method: 'GET',
    headers: {},
    sentBytes: () => 0,
    answer: (answer: Answer) => {
      body = answer.body;
      return Promise.reject(new Error('the client is gone'));
    },
  } as unknown as Exchange;
  const dependencies = { catalog, backend, clock: systemClock, visible: () => proof };
  await assert.rejects(getProof(exchange, id, dependencies), /the client is gone/);
  assert.ok(body instanceof Readable && body.destroyed);
});
