// The two routes of Automata's sp1-tee-prover, as its clients use them, and what becomes of bad ones.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { describe, it } from 'node:test';
import { verifyTeeProof } from '../../client/verifyTeeProof.js';
import { fail } from '../../failures/fail.js';
import { failed } from '../../failures/outcome.js';
import type { RequestId } from '../../ids.js';
import { sampleProgram } from '../../testkit/artifacts/sampleArtifacts.js';
import { scriptedPublicValues, scriptedVkHash } from '../../testkit/engine/scriptedLanes.js';
import { exampleRequest, startTeeService, type TeeService } from '../../testkit/service/teeService.js';
import { vectorKey } from '../../testkit/world/scriptedSigner.js';
import type { World } from '../../testkit/world/world.js';

const json = { 'content-type': 'application/json' };
const text = { 'content-type': 'text/plain' };

/** Files of inputs and programs, finished and not. */
const filesOf = ({ layout }: World) =>
  ['program', 'stdin', 'scratch'].flatMap((kind) =>
    readdirSync(`${layout.scratchFolder}/../${kind}`, { recursive: true, withFileTypes: true }).filter((each) =>
      each.isFile(),
    ),
  );

async function assertNothingKept({ world }: TeeService): Promise<void> {
  await world.settle();
  assert.deepEqual(filesOf(world), []);
  assert.deepEqual([...world.store.scan('openRequests', [])], []);
}

describe('T37: the example client', () => {
  it('gets its proof by its two calls, byte for byte as it sends them', async (t) => {
    const service = await startTeeService(t);
    const asked = await service.post('/request_proof', exampleRequest(), json);
    assert.equal(asked.status, 200);
    // T36: the client passes on whatever text came.
    assert.match(asked.text, /^[0-9a-f]{64}$/);
    const waiting = service.post('/wait_proof', asked.text, text);
    await service.work();
    const proof = await waiting;
    assert.deepEqual(
      [proof.status, proof.headers.get('content-type'), proof.headers.get('tee-signer'), proof.headers.get('tee-dev')],
      [200, 'application/json', `0x${vectorKey.address}`, '1'],
    );
    const verdict = verifyTeeProof({
      proof: Buffer.from(proof.text),
      vkHash: scriptedVkHash,
      publicValues: scriptedPublicValues,
      signers: [vectorKey.address],
    });
    assert.ok(verdict.ok, JSON.stringify(verdict.checks));
    // Program and input have gone with the request, and its details name the program now.
    assert.deepEqual(filesOf(service.world), []);
    const again = await service.post('/wait_proof', asked.text, text);
    assert.equal(again.text, proof.text);
  });

  it('gets the id as soon as the request is durable, and not after the execution', async (t) => {
    const { world, post } = await startTeeService(t);
    const { text: id } = await post('/request_proof', exampleRequest(), json);
    assert.ok(world.store.get('openRequests', id as RequestId));
    await world.settle();
    assert.equal(world.system.registry.view(id as RequestId)?.state, 'executing');
    assert.equal(world.lanes.waiting.length, 1);
  });

  it('T36: is taken with a newline, 0x or spaces around its id, and not with anything else', async (t) => {
    const { post, work } = await startTeeService(t);
    const { text: id } = await post('/request_proof', exampleRequest(), json);
    await work();
    for (const form of [id, `${id}\n`, ` 0x${id.toUpperCase()}\r\n`])
      assert.equal((await post('/wait_proof', form)).status, 200);
    for (const [form, shown] of [
      ['nonsense', '"nonsense"'],
      ['', '""'],
      [`"${id}"`, `"\\"${id}\\""`],
      ['a\nb\\\u0007', '"a\\nb\\\\\\u{7}"'],
      ['ff'.repeat(32), `"${'ff'.repeat(32)}"`],
    ] as const) {
      const { status, text: said } = await post('/wait_proof', form);
      assert.deepEqual([status, said], [404, `${shown} Not found`]);
    }
    assert.equal((await post('/wait_proof', 'x'.repeat(2_000))).status, 400);
    assert.equal((await post('/wait_proof', Uint8Array.of(0xff))).status, 400);
  });
});

describe('a wait', () => {
  it('ends with a sentence when the request has failed, was cancelled or has expired', async (t) => {
    const { world, post, signer } = await startTeeService(t);
    signer.become('waiting');
    const ask = async () => {
      const { text: id } = await post('/request_proof', exampleRequest(), json);
      await world.settle();
      return { id, end: post('/wait_proof', id) };
    };
    const failing = await ask();
    world.lanes.waiting[0]?.answer(
      failed(fail('GUEST_FAILED', { cause: 'HALT_WITH_NON_ZERO_EXIT_CODE', exitCode: 1, cycles: '7' })),
    );
    assert.deepEqual(pick(await failing.end), [422, /^The guest program failed: .*\.$/]);
    const cancelled = await ask();
    await world.system.registry.cancel(cancelled.id as RequestId);
    assert.deepEqual(pick(await cancelled.end), [410, /^The request was cancelled\.$/]);
    const expired = await ask();
    await world.clock.advance(2 * 3_600_000);
    await world.settle();
    assert.deepEqual(pick(await expired.end), [410, /^The deadline of the request has passed\.$/]);
    const core = await world.submit();
    await world.settle();
    await world.system.registry.cancel(core);
    assert.equal((await post('/wait_proof', core)).status, 410);

    function pick(answer: { status: number; text: string }): unknown[] {
      const patterns = [
        /^The guest program failed: .*\.$/,
        /^The request was cancelled\.$/,
        /^The deadline of the request has passed\.$/,
      ];
      return [answer.status, patterns.find((each) => each.test(answer.text)) ?? answer.text];
    }
  });

  it('with a time limit ends with 204, and one whose client leaves is over', async (t) => {
    const { url, world, post, until } = await startTeeService(t);
    const { ends } = world.assembly;
    const { text: id } = await post('/request_proof', exampleRequest(), json);
    const limited = fetch(`${url}/wait_proof?timeout_s=5`, { method: 'POST', body: id });
    await until(() => ends.waiting === 1);
    await world.clock.advance(5_000);
    assert.equal((await limited).status, 204);
    assert.equal((await post('/wait_proof?timeout_s=soon', id)).status, 400);
    const leaving = new AbortController();
    const left = fetch(`${url}/wait_proof`, { method: 'POST', body: id, signal: leaving.signal });
    await until(() => ends.waiting === 1);
    leaving.abort();
    await assert.rejects(left);
    await until(() => ends.waiting === 0);
  });
});

describe('a request that cannot be taken', () => {
  it('T32, T34, T35: is refused in a sentence, and nothing is kept', async (t) => {
    const service = await startTeeService(t);
    const older = Buffer.from(sampleProgram().subarray(8));
    older[4] = 1;
    const right = exampleRequest();
    for (const [body, status, sentence] of [
      ['', 400, /ends in the middle/],
      ['{}', 400, /the request has no "elf"/],
      [right.slice(0, -1), 400, /ends in the middle/],
      [`${right}!`, 400, /something follows its end/],
      [right.replace('244', '256'), 400, /larger than a byte/],
      [right.replace('"TEE"', '"Core"'), 400, /only TEE is served here/],
      [right.replace('"proofs":[]', '"proofs":[1]'), 422, /holds proofs/],
      [exampleRequest(Buffer.from('no ELF'.repeat(20))), 422, /no ELF follows/],
      [exampleRequest(older), 400, /32-bit/],
      [exampleRequest(undefined, `[${'1,'.repeat(4_000_000)}1]`), 413, /larger than the limit/],
    ] as const) {
      const answer = await service.post('/request_proof', body, json);
      assert.equal(answer.status, status, `${body.slice(-60)}: ${answer.text}`);
      assert.match(answer.text, sentence);
      assert.match(answer.text, /^[A-Z][^\n]*[.?]$/);
    }
    await assertNothingKept(service);
    const { status } = await service.post('/request_proof', right, json);
    assert.equal(status, 200);
  });

  it('T33: is refused when it never ends, by its announced length before it is read, else at its limit', async (t) => {
    const service = await startTeeService(t);
    const endless = new ReadableStream({ pull: (controller) => controller.enqueue(Buffer.alloc(65_536, ' ')) });
    const { status, text: said } = await service
      .post('/request_proof', endless, json)
      .catch(() => ({ status: 413, text: '' }));
    assert.equal(status, 413, said);
    const announced = await new Promise<string>((resolve) => {
      const { port } = new URL(service.url);
      const socket = connect(Number(port), '127.0.0.1');
      socket.write('POST /request_proof HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n');
      socket.once('data', (bytes) => {
        socket.destroy();
        resolve(bytes.toString());
      });
    });
    assert.match(announced, /^HTTP\/1.1 413 [\s\S]*The body has more than the \d+ bytes/);
    await assertNothingKept(service);
  });

  it('is refused where only some addresses may ask, as waiting is', async (t) => {
    const service = await startTeeService(t, { isOpen: false });
    for (const path of ['/request_proof', '/wait_proof']) {
      const { status, text: said } = await service.post(path, exampleRequest(), json);
      assert.equal(status, 403);
      assert.match(said, /Only some addresses may ask here/);
    }
    await assertNothingKept(service);
  });
});
