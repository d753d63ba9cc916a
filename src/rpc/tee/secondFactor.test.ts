// SP1's TEE 2FA as its client speaks it: the event, its errors, and a body that is cut anywhere.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { describe, it, type TestContext } from 'node:test';
import { createSigner } from '../../client/signer.js';
import { fail } from '../../failures/fail.js';
import { FailureError } from '../../failures/failureError.js';
import { failed } from '../../failures/outcome.js';
import type { Address } from '../../ids.js';
import { programVKeyOf } from '../../tee/programVKey.js';
import { recoverSigner } from '../../tee/recoverSigner.js';
import { secondFactorDigest } from '../../tee/secondFactor.js';
import { sampleProgram, sampleStdin, u64 } from '../../testkit/artifacts/sampleArtifacts.js';
import { scriptedPublicValues, scriptedVkHash } from '../../testkit/engine/scriptedLanes.js';
import { startTeeService, type TeeService } from '../../testkit/service/teeService.js';
import { vectorKey } from '../../testkit/world/scriptedSigner.js';
import { recoverAddress } from '../../workers/recover.worker.js';
import type { Signatures } from '../signed/signatures.js';

const key = createSigner('01'.repeat(32));
const id = Buffer.alloc(32, 0x22);
const version = { 'x-sp1-tee-version': '2' };
const stdin = sampleStdin(Buffer.from('f4010000', 'hex'));

/** As alloy writes a signature in bincode. */
function signatureBytes(signed: Uint8Array): Buffer {
  const parity = Buffer.alloc(8);
  parity.writeBigUInt64BE(BigInt((signed[64] as number) - 27));
  return Buffer.concat([u64(32), signed.subarray(0, 32), u64(32), signed.subarray(32, 64), u64(8), parity]);
}

const bodyOf = (program: Uint8Array = sampleProgram(), signature: Uint8Array = signatureBytes(key.sign(id))): Buffer =>
  Buffer.concat([id, program, u64(100_000_000), stdin, signature]);

const signatures = (among: readonly Address[]): Signatures => ({
  async recover(signed) {
    const address = recoverAddress(signed);
    if (address === null) throw new FailureError(fail('SIGNATURE_INVALID'));
    if (!among.includes(address)) throw new FailureError(fail('REQUESTER_NOT_ALLOWED', { requester: address }));
    return address;
  },
  close: async () => {},
});

const start = (t: TestContext, among: readonly Address[] = [key.address]) =>
  startTeeService(t, { isOpen: true, signatures: signatures(among) });

/** The payload of the first event. */
function payloadOf(text: string): Buffer {
  const found = /^(?::[^\n]*\n\n)*data: ([0-9a-f]+)\n\n$/.exec(text);
  assert.ok(found?.[1], text);
  return Buffer.from(found[1], 'hex');
}

function errorOf(text: string): string {
  const payload = payloadOf(text);
  assert.equal(payload.readUInt32LE(), 1, 'an error');
  assert.equal(Number(payload.readBigUInt64LE(4)), payload.length - 12);
  return payload.toString('utf8', 12);
}

async function assertNothingKept({ world }: TeeService): Promise<void> {
  await world.settle();
  for (const kind of ['program', 'stdin', 'scratch']) {
    const found = readdirSync(`${world.layout.scratchFolder}/../${kind}`, { recursive: true, withFileTypes: true });
    assert.deepEqual(
      found.filter((each) => each.isFile()),
      [],
    );
  }
  assert.deepEqual([...world.store.scan('openRequests', [])], []);
}

describe('a second factor', () => {
  it('T57: the client’s signature has the bytes of the vector', () => {
    const hex = Buffer.from(key.sign(id)).toString('hex');
    assert.equal(
      hex,
      '04b5011156805a910c2a4b99a3acb97d9562727d250820330d67470fd8bdddc354684f5c9d036ce7568a02530f43aab13ee7bd91e3655f85b2e4fb947c4ee0d91b',
    );
  });

  it('is one event: the key of the program, its public values, and a signature over both by the active key', async (t) => {
    const service = await start(t);
    const asked = service.post('/execute', bodyOf(), version);
    await service.until(() => service.world.lanes.waiting.length > 0);
    const [job] = service.world.lanes.waiting;
    assert.ok(job?.job.stage === 'execute');
    assert.equal(job.job.cycleLimit, '100000000');
    assert.equal(job.terms.requester, key.address);
    await service.work();
    const answer = await asked;
    assert.deepEqual([answer.status, answer.headers.get('content-type')], [200, 'text/event-stream']);
    const payload = payloadOf(answer.text);
    const head = `00000000${programVKeyOf(scriptedVkHash)}0400000000000000${scriptedPublicValues.toString('hex')}`;
    assert.equal(payload.toString('hex', 0, head.length / 2), head);
    const digest = secondFactorDigest(scriptedVkHash, scriptedPublicValues);
    assert.equal(recoverSigner(digest, payload.subarray(head.length / 2)), vectorKey.address);
    await assertNothingKept(service);
    assert.deepEqual(await (await fetch(`${service.url}/address`)).json(), { address: `0x${vectorKey.address}` });
    const signers = Buffer.from(await (await fetch(`${service.url}/signers`)).arrayBuffer());
    assert.equal(signers.toString('hex'), `01000000000000001400000000000000${vectorKey.address}`);
    service.signer.become('waiting');
    assert.equal((await fetch(`${service.url}/address`)).status, 503);
  });

  it('T56: is an error event for another version, a stranger, a bad signature, an ELF of SP1 5 and a guest that fails', async (t) => {
    const service = await start(t);
    const older = Buffer.from(sampleProgram());
    older[8 + 4] = 1;
    const forged = signatureBytes(key.sign(id));
    forged[95] = 2;
    for (const [body, headers, sentence] of [
      [bodyOf(), { 'x-sp1-tee-version': '1' }, /X-SP1-Tee-Version/],
      [bodyOf(), {}, /X-SP1-Tee-Version/],
      [bodyOf(undefined, signatureBytes(createSigner('02'.repeat(32)).sign(id))), version, /may not use this service/],
      [bodyOf(undefined, forged), version, /its signature is none/],
      [bodyOf(older), version, /32-bit/],
      [bodyOf(Buffer.concat([u64(4), Buffer.from('no!!')])), version, /too short for an ELF/],
    ] as const) {
      const answer = await service.post('/execute', body, headers);
      assert.equal(answer.status, 200);
      assert.match(errorOf(answer.text), sentence);
    }
    await assertNothingKept(service);
    const asked = service.post('/execute', bodyOf(), version);
    await service.until(() => service.world.lanes.waiting.length > 0);
    service.world.lanes.waiting[0]?.answer(
      failed(fail('GUEST_FAILED', { cause: 'EXCEEDED_CYCLE_LIMIT', exitCode: 0, cycles: '100000000' })),
    );
    assert.match(errorOf((await asked).text), /^The guest program failed: EXCEEDED_CYCLE_LIMIT/);
  });

  it('T56: is refused for a body that is cut at every field, and nothing is kept', async (t) => {
    const service = await start(t);
    const body = bodyOf();
    const program = sampleProgram().length;
    const edges = [
      0,
      32,
      40,
      100,
      32 + program,
      40 + program,
      48 + program,
      body.length - 96,
      body.length - 8,
      body.length - 1,
    ];
    for (const at of edges) {
      const { text } = await service.post('/execute', body.subarray(0, at), version);
      assert.match(errorOf(text), /\.$/, `cut at ${at}`);
    }
    const { text } = await service.post('/execute', Buffer.concat([body, Buffer.of(0)]), version);
    assert.match(errorOf(text), /\.$/);
    await assertNothingKept(service);
  });

  it('T56: whose client leaves is given up', async (t) => {
    const service = await start(t);
    const leaving = new AbortController();
    const asked = fetch(`${service.url}/execute`, {
      method: 'POST',
      body: bodyOf(),
      headers: version,
      signal: leaving.signal,
    });
    await service.until(() => service.world.lanes.waiting.length > 0);
    leaving.abort();
    await assert.rejects(asked.then((answer) => answer.text()));
    await service.until(() => service.world.lanes.waiting.length === 0);
    await assertNothingKept(service);
  });
});
