// What the routes of TEE proofs have beyond the model: keys that make a repeated call the same request, waits that send a sign of life, and
// signatures that are made anew.
import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { verifyTeeProof } from '../../client/verifyTeeProof.js';
import type { RequestId } from '../../ids.js';
import type { RequestContext } from '../../machines/request/rules.js';
import { scriptedVkHash } from '../../testkit/engine/scriptedLanes.js';
import { exampleRequest, startTeeService, type TeeService } from '../../testkit/service/teeService.js';
import { nextKey, vectorKey } from '../../testkit/world/scriptedSigner.js';

const openCount = ({ world }: TeeService) => [...world.store.scan('openRequests', [])].length;
const stdinCount = ({ world: { layout } }: TeeService) =>
  readdirSync(`${layout.scratchFolder}/../stdin`, { recursive: true, withFileTypes: true }).filter((each) =>
    each.isFile(),
  ).length;
const other = exampleRequest(undefined, '[245,1,0,0]');

describe('a request with an idempotency key', () => {
  it('is one, however often it comes, also at once, and nothing more of it is kept', async (t) => {
    const service = await startTeeService(t);
    const headers = { 'idempotency-key': 'order-17' };
    const answers = await Promise.all([1, 2, 3].map(() => service.post('/request_proof', exampleRequest(), headers)));
    const id = answers[0]?.text;
    assert.deepEqual(new Set(answers.map(({ status, text }) => `${status} ${text}`)), new Set([`200 ${id}`]));
    await service.world.settle();
    assert.deepEqual([openCount(service), stdinCount(service)], [1, 1]);
    await service.work();
    assert.equal((await service.post('/request_proof', exampleRequest(), headers)).text, id);
    assert.notEqual((await service.post('/request_proof', exampleRequest())).text, id);
  });

  it('is 409 with another body, and another caller’s key is another key', async (t) => {
    const service = await startTeeService(t);
    const headers = { 'idempotency-key': '~!' };
    const { text: id } = await service.post('/request_proof', exampleRequest(), headers);
    const taken = await service.post('/request_proof', other, headers);
    assert.equal(taken.status, 409);
    assert.match(taken.text, /^This idempotency-key stands for a request with another program or input\./);
    const { status, text } = await service.post('/request_proof', other, { ...headers, authorization: 'Bearer else' });
    assert.equal(status, 200);
    assert.notEqual(text, id);
    await service.world.settle();
    assert.deepEqual([openCount(service), stdinCount(service)], [2, 2]);
  });

  it('is free again for who comes next when its body cannot be taken', async (t) => {
    const service = await startTeeService(t);
    const headers = { 'idempotency-key': 'k' };
    assert.equal((await service.post('/request_proof', '{}', headers)).status, 400);
    assert.equal((await service.post('/request_proof', exampleRequest(), headers)).status, 200);
  });

  it('is refused with a key that is none', async (t) => {
    const service = await startTeeService(t);
    for (const key of ['', 'a b', 'x'.repeat(65), 'é'])
      assert.equal((await service.post('/request_proof', exampleRequest(), { 'idempotency-key': key })).status, 400);
    assert.equal(openCount(service), 0);
  });
});

describe('a wait with a heartbeat', () => {
  const wait = ({ url }: TeeService, id: string, more = '') =>
    fetch(`${url}/wait_proof?heartbeat=1${more}`, { method: 'POST', body: id });

  it('has its head at once, a blank every 15 seconds, and the proof at its end', async (t) => {
    const service = await startTeeService(t);
    const { text: id } = await service.post('/request_proof', exampleRequest());
    const answer = await wait(service, id);
    assert.deepEqual([answer.status, answer.headers.get('content-type')], [200, 'application/json']);
    await service.world.clock.advance(31_000);
    await service.work();
    const text = await answer.text();
    assert.match(text, /^ {3}\{"signature"/);
    assert.ok(
      verifyTeeProof({ proof: Buffer.from(text.trim()), vkHash: scriptedVkHash, signers: [vectorKey.address] }).ok,
    );
    // What has ended is answered as without one.
    const again = await wait(service, id);
    assert.equal(again.headers.get('tee-signer'), `0x${vectorKey.address}`);
    assert.equal(await again.text(), text.trim());
  });

  it('ends with an error in JSON when there is no proof, or not in time', async (t) => {
    const service = await startTeeService(t);
    const { text: id } = await service.post('/request_proof', exampleRequest());
    const limited = await wait(service, id, '&timeout_s=20');
    await service.world.clock.advance(21_000);
    assert.deepEqual(JSON.parse(await limited.text()), { error: 'There is no outcome yet. Ask again.' });
    const cancelled = await wait(service, id);
    await service.world.system.registry.cancel(id as RequestId);
    assert.deepEqual(JSON.parse(await cancelled.text()), { error: 'The request was cancelled.' });
    assert.equal((await wait(service, id)).status, 410);
    assert.equal((await wait(service, 'ff'.repeat(32))).status, 404);
    assert.equal((await service.post('/wait_proof?heartbeat=yes', id)).status, 400);
  });

  it('whose client leaves beats no more', async (t) => {
    const service = await startTeeService(t);
    const { text: id } = await service.post('/request_proof', exampleRequest());
    const leaving = new AbortController();
    const options = { method: 'POST', body: id, signal: leaving.signal };
    const answer = await fetch(`${service.url}/wait_proof?heartbeat=1`, options);
    const beatAt = service.world.clock.now() + 15_000;
    assert.equal(service.world.clock.nextWakeAt(), beatAt);
    leaving.abort();
    await assert.rejects(answer.text());
    await service.until(() => service.world.clock.nextWakeAt() !== beatAt);
  });
});

describe('a proof that is renewed', () => {
  async function proven(t: Parameters<typeof startTeeService>[0]) {
    const service = await startTeeService(t);
    const { text: id } = await service.post('/request_proof', exampleRequest());
    await service.work();
    return { service, id: id as RequestId };
  }

  it('is signed by the key of now, over the same, without another execution; the first one stays', async (t) => {
    const { service, id } = await proven(t);
    const first = await service.post('/wait_proof', id);
    service.signer.become('succeeded');
    const renewed = await service.post('/renew_proof', `0x${id}\n`);
    assert.deepEqual([renewed.status, renewed.headers.get('tee-signer')], [200, `0x${nextKey.address}`]);
    assert.equal(service.world.lanes.waiting.length, 0);
    const verdictOf = (proof: string, address: string) =>
      verifyTeeProof({ proof: Buffer.from(proof), vkHash: scriptedVkHash, signers: [address] });
    assert.ok(verdictOf(renewed.text, nextKey.address).ok);
    assert.deepEqual(
      verdictOf(renewed.text, nextKey.address).publicValues,
      verdictOf(first.text, vectorKey.address).publicValues,
    );
    assert.equal((await service.post('/wait_proof', id)).text, first.text);
  });

  it('T40: is not signed when its record or its file was edited', async (t) => {
    const { service, id } = await proven(t);
    const { world, signer, post } = service;
    const { signed } = signer;
    const envelope = world.store.get('snapshots', id);
    const context = (envelope?.snapshot as { context: RequestContext }).context;
    assert.ok(envelope && context.execution?.vouched && context.proof);
    const { vouched } = context.execution;
    const { publicValues } = vouched;
    const edits = [
      { ...vouched, mac: '00'.repeat(32) },
      { ...vouched, vkHash: 'ab'.repeat(32) },
      { ...vouched, publicValues: { ...publicValues, sha256: 'cd'.repeat(32) } },
    ];
    for (const edited of edits) {
      const execution = { ...context.execution, vouched: edited };
      const snapshot = { ...(envelope.snapshot as object), context: { ...context, execution } };
      await world.store.write((tx) => tx.put('snapshots', [id], { ...envelope, snapshot }));
      assert.equal((await post('/renew_proof', id)).status, 409);
    }
    await world.store.write((tx) => tx.put('snapshots', [id], envelope));
    assert.equal((await post('/renew_proof', id)).status, 200);
    const file = world.layout.final(context.proof.id, 'proof').path;
    const proof = (await post('/wait_proof', id)).text;
    writeFileSync(
      file,
      proof.replace(/(\d)\]\}$/, (_, digit: string) => `${(Number(digit) + 1) % 10}]}`),
    );
    const { status, text } = await post('/renew_proof', id);
    assert.equal(status, 409);
    assert.match(text, /^Nothing of this life of the service vouches for that execution/);
    assert.equal(signer.signed, signed + 1);
  });

  it('is refused while there is no key, while the request is open, and for what has no TEE proof', async (t) => {
    const { service, id } = await proven(t);
    const { world, signer, post } = service;
    signer.become('waiting');
    const unsigned = await post('/renew_proof', id);
    assert.deepEqual(
      [unsigned.status, unsigned.text],
      [504, 'Nothing is signed now: no key is registered yet. Try again.'],
    );
    assert.equal((await post('/renew_proof', 'nonsense')).text, '"nonsense" Not found');
    const { text: open } = await post('/request_proof', exampleRequest());
    assert.equal((await post('/renew_proof', open)).status, 409);
    await world.system.registry.cancel(open as RequestId);
    assert.equal((await post('/renew_proof', open)).status, 410);
    await world.prove(1);
    const core = world.seen.at(-1)?.request.requestId;
    assert.equal((await post('/renew_proof', core ?? '')).status, 422);
  });
});

describe('an id whose sender stops in the middle', () => {
  for (const path of ['/wait_proof', '/renew_proof'])
    it(`is refused by ${path} after 20 seconds`, async (t) => {
      const service = await startTeeService(t);
      const { clock } = service.world;
      const lateAt = clock.now() + 20_000;
      const endless = new ReadableStream({ start: (body) => body.enqueue(Buffer.from('ab')) });
      const answer = service.post(path, endless);
      await service.until(() => clock.nextWakeAt() === lateAt);
      await clock.advance(20_000);
      const { status, text } = await answer;
      assert.equal(status, 400);
      assert.match(text, /did not arrive whole: too slow/);
    });
});
