// What sp1-tee-prover's example client has sent, byte for byte. It looks at no status, passes on whatever text came, and parses what comes then.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { recordedRequest, replayExample } from '../../testkit/service/recordedExample.js';
import { exampleRequest, startTeeService } from '../../testkit/service/teeService.js';

describe('T37: the example client’s recorded requests', () => {
  it('get an id without a newline, and by it a proof, on one connection', async (t) => {
    const service = await startTeeService(t);
    const example = await replayExample(Number(new URL(service.url).port));
    t.after(() => example.end());
    const asked = await example.requestProof();
    assert.equal(asked.status, 200);
    // T36
    assert.match(asked.body.toString(), /^[0-9a-f]{64}$/);
    const waiting = example.waitProof(asked.body.toString());
    await service.work();
    const { status, body } = await waiting;
    assert.equal(status, 200);
    // serde's form of three Vec<u8>, without anything else.
    assert.match(
      body.toString(),
      /^\{"signature":\[(\d{1,3},){64}2[78]\],"vk":\[(\d{1,3},){31}\d{1,3}\],"public_values":\[[\d,]*\]\}$/,
    );
  });

  it('have the body that the other suites send', () => {
    const body = recordedRequest.subarray(recordedRequest.indexOf('\r\n\r\n') + 4).toString();
    const elf = JSON.parse(body).elf as number[];
    assert.equal(body, exampleRequest(Uint8Array.from(elf)));
  });

  it('T36: a client that adds a newline, spaces or 0x to the id gets the same bytes', async (t) => {
    const service = await startTeeService(t);
    const example = await replayExample(Number(new URL(service.url).port));
    t.after(() => example.end());
    const { body } = await example.requestProof();
    const id = body.toString();
    const waiting = example.waitProof(id);
    await service.work();
    const first = await waiting;
    for (const text of [`${id}\n`, ` 0x${id}\r\n`]) {
      const again = await service.post('/wait_proof', text, { 'content-type': 'text/plain' });
      assert.deepEqual([again.status, again.text], [200, first.body.toString()]);
    }
    // Quotes are part of what is shown as unknown, as in the model.
    assert.equal((await service.post('/wait_proof', `"${id}"`)).text, `"\\"${id}\\"" Not found`);
  });
});
