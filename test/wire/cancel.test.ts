// CancelRequest on a running service: who may, how often, when it is too late, and what it frees.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { freshText, fulfilment, type Sdk } from '../../src/testkit/sdk/sdk.js';
import { sdkRig } from '../../src/testkit/sdk/sdkRig.js';
import { code, TonicStatus } from '../../src/testkit/sdk/tonic.js';
import { sdk5, sdk610, sdkVersions } from '../../src/testkit/sdk/versions.js';
import { stdinOf } from '../../src/testkit/service/serviceRequests.js';
import type { LogLine } from '../../src/testkit/service/serviceRig.js';

const isRefusal = (wanted: number, detail: RegExp) => (error: unknown) =>
  error instanceof TonicStatus && error.code === wanted && detail.test(error.detail);
const hangingProofs = { rules: [{ on: 'prove', act: { kind: 'hang' } }] } as const;

describe('cancelling over the wire', { timeout: 600_000 }, () => {
  const on = sdkRig({ script: hangingProofs });
  const isIn = (requestId: string, state: string) => (line: LogLine) =>
    line.event === 'request.transition' && line.requestId === requestId && line.to === state;

  /** Two at a time would need two lanes: the second waits for one. */
  async function running(by: Sdk): Promise<string> {
    await by.register();
    const requestId = await by.request(stdinOf(freshText()));
    await on.service.until(isIn(requestId, 'proving.running'));
    return requestId;
  }

  for (const version of sdkVersions) {
    it(`check 10, rule 6: ${version.name} sees ASSIGNED at its first poll, and what it cancels stays cancelled`, async () => {
      const by = on.sdk(version, 'auction');
      await by.register();
      const requestId = await by.request(stdinOf(freshText()));
      assert.equal((await by.status(requestId)).number(1), fulfilment.assigned);
      await by.cancel(requestId);
      assert.equal((await by.status(requestId)).number(1), fulfilment.unfulfillable);
      assert.equal(await by.wait(requestId), 'unfulfillable');
      assert.equal((await by.details(requestId)).number(37), 1n);
    });
  }

  it('is for the requester alone, in either flavour, and for requests that exist', async () => {
    const [alice, bob] = [on.sdk(sdk610, 'auction'), on.sdk(sdk610, 'auction', { keyByte: 2 })];
    const requestId = await running(alice);
    await assert.rejects(
      bob.cancelWith(requestId, await bob.nonce()),
      isRefusal(code.permissionDenied, /belongs to another address/),
    );
    const nobodys = 'ee'.repeat(32);
    await assert.rejects(alice.cancelWith(nobodys, await alice.nonce()), isRefusal(code.notFound, /^No request 0x/));
    await assert.rejects(alice.cancelWith('ee', await alice.nonce()), isRefusal(code.invalidArgument, /32 bytes/));
    assert.equal((await alice.status(requestId)).number(1), fulfilment.assigned);
    const sameKey = on.sdk(sdk610, 'base');
    await sameKey.cancel(requestId);
    assert.equal(await alice.wait(requestId), 'unfulfillable');
  });

  it('is judged by its nonce as every signed call, and answered again for equal bytes', async () => {
    const by = on.sdk(sdk610, 'auction');
    const [one, other] = [await running(by), await by.request(stdinOf(freshText()))];
    const nonce = await by.nonce();
    const answer = await by.cancelWith(one, nonce);
    assert.deepEqual(await by.cancelWith(one, nonce), answer);
    // Cancelled already, with another nonce: fine.
    await by.cancelWith(one, await by.nonce());
    await assert.rejects(by.cancelWith(other, nonce), isRefusal(code.aborted, /^Invalid nonce/));
    await assert.rejects(by.cancelWith(other, 7n), isRefusal(code.aborted, /^Invalid nonce/));
    assert.equal((await by.status(other)).number(1), fulfilment.assigned);
    await by.cancel(other);
  });

  it('ends the work on the engine, and the lane goes on with the next', async () => {
    const by = on.sdk(sdk5, 'auction');
    const requestId = await running(by);
    const stdin = stdinOf(freshText());
    const next = await by.request(stdin);
    // The engine that hangs has read its script; the one that is started after it proves.
    on.rig.changeScript({});
    await by.cancel(requestId);
    assert.deepEqual(await by.wait(next), by.program.proofOf(stdin));

    // Too late for this one, and its proof stays.
    await assert.rejects(by.cancel(next), isRefusal(code.failedPrecondition, /is fulfilled already/));
    assert.deepEqual(await by.wait(next), by.program.proofOf(stdin));
    on.rig.changeScript(hangingProofs);
  });

  it('is final over a kill of the service', async () => {
    const by = on.sdk(sdk610, 'auction');
    await by.register();
    const requestId = await by.request(stdinOf(freshText()));
    await by.cancel(requestId);
    await on.service.kill();
    on.service = await on.rig.serve();
    assert.ok(on.service.lines.every(({ text }) => !/brought back: [1-9]/.test(text)));
    assert.equal(await by.wait(requestId), 'unfulfillable');
    await by.cancel(requestId);
  });
});
