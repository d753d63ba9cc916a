// Engines that crash, and requests whose time runs out: what the client sees, and that lanes are free again for the others.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { ClientError } from '../../src/client/errors.js';
import type { RequestUpdate } from '../../src/client/watch.js';
import { holdingClock } from '../../src/clock.js';
import type { RequestId } from '../../src/ids.js';
import type { FakeRule } from '../../src/testkit/engine/fakeEngineScript.js';
import { heldUntilDeadline } from '../../src/testkit/service/heldUntilDeadline.js';
import {
  createRequester,
  expectedProof,
  type ServiceRequester,
  stdinOf,
} from '../../src/testkit/service/serviceRequests.js';
import { createServiceRig, type ServiceProcess, type ServiceRig } from '../../src/testkit/service/serviceRig.js';

const clock = holdingClock;
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

describe('a service whose engines fail', { timeout: 600_000 }, () => {
  let rig: ServiceRig;
  let service: ServiceProcess;
  let requester: ServiceRequester;

  beforeEach(async () => {
    rig = await createServiceRig();
    requester = createRequester(rig.url, { clock });
  });
  afterEach(async () => {
    requester.close();
    await rig.end();
  });

  async function serve(rules: readonly FakeRule[]): Promise<void> {
    rig.changeScript({ rules, memoryPath: join(rig.folder, 'memory'), journalPath: join(rig.folder, 'journal') });
    service = await rig.serve();
    await requester.register();
  }

  async function assertProven(requestId: RequestId, stdin: Uint8Array): Promise<void> {
    const { proofUrl } = await requester.client.waitProof(requestId, { pollMs: 50 });
    assert.ok((await requester.fetchProof(proofUrl)).equals(expectedProof(stdin)));
  }

  /** What its requester sees at the first look that fits. */
  async function updated(requestId: RequestId, fits: (update: RequestUpdate) => boolean): Promise<RequestUpdate> {
    for await (const update of requester.client.watch(requestId, { pollMs: 20 })) if (fits(update)) return update;
    throw new Error('the request ended before');
  }

  /** How often engines have begun to prove this input. */
  const provesOf = (stdin: Uint8Array) =>
    readFileSync(join(rig.folder, 'journal'), 'utf8')
      .split('\n')
      .filter((line) => line === `prove ${sha256(stdin)}`).length;

  for (const kind of ['crash', 'crashMidFrame', 'eofMidFrame'] as const) {
    it(`makes the proof after all when its engine is lost once (${kind})`, async () => {
      await serve([{ on: 'prove', times: 1, act: { kind } }]);
      const stdin = stdinOf('unlucky');
      await assertProven(await requester.submit(stdin), stdin);
      assert.equal(provesOf(stdin), 2);
    });
  }

  it('gives a request up that kills every engine, says why, and serves the others', async () => {
    const poison = stdinOf('poison');
    await serve([{ on: 'prove', stdinSha256: sha256(poison), act: { kind: 'crash' } }]);
    const poisonId = await requester.submit(poison);
    const others = Array.from({ length: 4 }, (_, i) => stdinOf(`healthy ${i}`));
    const proven = others.map(async (stdin) => assertProven(await requester.submit(stdin), stdin));
    await assert.rejects(requester.client.waitProof(poisonId, { pollMs: 50 }), (error) => {
      assert.ok(error instanceof ClientError && error.failure.code === 'UNFULFILLABLE');
      assert.equal(error.failure.cause, 'PROVING_FAILURE');
      assert.match(error.failure.detail, /^2 engines died while they worked on this request/);
      return true;
    });
    const { fulfilment, execution, error } = await requester.client.details(poisonId);
    assert.deepEqual(
      { fulfilment, execution, error },
      { fulfilment: 'UNFULFILLABLE', execution: 'EXECUTED', error: 'PROVING_FAILURE' },
    );
    await Promise.all(proven);
    assert.equal(provesOf(poison), 2);
    // A crash of the service must not turn a poisonous input into a fresh one.
    await service.kill();
    service = await rig.serve();
    assert.equal((await requester.client.status(poisonId)).state, 'unfulfillable');
    assert.equal(provesOf(poison), 2);
  });

  it('remembers over a restart that an engine has died on a request', async () => {
    const poison = stdinOf('slow poison');
    await serve([{ on: 'prove', stdinSha256: sha256(poison), act: { kind: 'crash' } }]);
    const requestId = await requester.submit(poison);
    // Not by the log, which is ahead of the disk.
    await updated(requestId, ({ detail }) => detail?.phase === 'backingOff');
    await service.kill();
    await rig.serve();
    await assert.rejects(requester.client.waitProof(requestId, { pollMs: 50 }), { name: 'ClientError' });
    assert.equal(provesOf(poison), 2);
  });

  it('lets go of lanes and queue when deadlines pass', async () => {
    const [held, queued, later] = [stdinOf('held'), stdinOf('queued'), stdinOf('later')];
    await serve([{ on: 'prove', stdinSha256: sha256(held), act: { kind: 'hang' } }]);
    const queuedUri = await requester.uploadStdin(queued);
    const { requestId: heldId, deadline } = await heldUntilDeadline(
      { service, requester, clock },
      held,
      'proving.running',
    );
    const queuedId = await requester.ask(queuedUri, { deadline: deadline - 1n });
    for (const requestId of [queuedId, heldId]) {
      await assert.rejects(requester.client.waitProof(requestId, { pollMs: 50 }), (error) => {
        assert.ok(error instanceof ClientError && error.failure.code === 'TIMED_OUT');
        return true;
      });
      await service.until((line) => line.requestId === requestId && line.to === 'expired');
    }
    const laterId = await requester.submit(later);
    await assertProven(laterId, later);
    assert.equal(provesOf(queued), 0);
    const [response] = await new Promise<[import('node:http').IncomingMessage]>((resolve) =>
      get(`${rig.url}/health`, (found) => resolve([found])),
    );
    const { lanes } = (await json(response)) as { lanes: { id: string; state: string }[] };
    assert.deepEqual(
      lanes.map(({ id, state }) => `${id} ${state}`),
      ['cpu-execute-0 ready', 'cpu-verify-0 ready', 'cpu-prove-0 ready'],
    );
  });

  it('does not start again what ran out of time while it was away', async () => {
    const stdin = stdinOf('too late');
    await serve([{ on: 'prove', act: { kind: 'hang' } }]);
    const { requestId, deadline } = await heldUntilDeadline({ service, requester, clock }, stdin, 'proving.running');
    await service.kill();
    await rig.enginesGone();
    const begun = provesOf(stdin);
    await new Promise<void>((resolve) => clock.wakeAt(Number(deadline) * 1_000, resolve));
    service = await rig.serve();
    await updated(requestId, ({ detail }) => detail?.state === 'expired');
    await assert.rejects(requester.client.waitProof(requestId), { message: /time ran out/ });
    assert.equal(provesOf(stdin), begun);
  });
});
