// Every way in which a request can fail, as its client sees it: soon, with its cause, never with a status that old SDKs cannot read, and
// with the lanes free again for the others.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { ClientError } from '../../src/client/errors.js';
import { holdingClock } from '../../src/clock.js';
import {
  ExecuteFailureCause,
  ExecutionStatus,
  FulfillmentStatus,
  ProverNetwork,
} from '../../src/gen/network/network_pb.js';
import { bytesOf, type RequestId } from '../../src/ids.js';
import type { FakeRule } from '../../src/testkit/engine/fakeEngineScript.js';
import { heldUntilDeadline } from '../../src/testkit/service/heldUntilDeadline.js';
import {
  createRequester,
  deadlineIn,
  expectedProof,
  type RequestBody,
  type ServiceRequester,
  stdinOf,
} from '../../src/testkit/service/serviceRequests.js';
import { createServiceRig, type ServiceProcess, type ServiceRig } from '../../src/testkit/service/serviceRig.js';

const clock = holdingClock;
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const unlimited = 2n ** 64n - 1n;
const causes = Object.entries(ExecuteFailureCause).filter(
  (entry): entry is [string, ExecuteFailureCause] => typeof entry[1] === 'number' && entry[1] > 0,
);
const failing = (cause: ExecuteFailureCause) => stdinOf(`fails by ${cause}`);
const hanging = { execute: stdinOf('executes for ever'), prove: stdinOf('proves for ever') };

const rules: FakeRule[] = [
  ...causes.map(
    ([, cause]): FakeRule => ({
      on: 'execute',
      stdinSha256: sha256(failing(cause)),
      act: { kind: 'guestFailure', cause, exitCode: cause === 1 ? 1 : 0 },
    }),
  ),
  { on: 'execute', stdinSha256: sha256(hanging.execute), act: { kind: 'hang' } },
  { on: 'prove', stdinSha256: sha256(hanging.prove), act: { kind: 'hang' } },
];

describe('failures as a client sees them', { timeout: 600_000 }, () => {
  let rig: ServiceRig;
  let service: ServiceProcess;
  let requester: ServiceRequester;
  before(async () => {
    rig = await createServiceRig();
    rig.changeScript({ rules, journalPath: join(rig.folder, 'journal') });
    service = await rig.serve();
    requester = createRequester(rig.url, { clock });
    await requester.register();
  });
  after(async () => {
    requester.close();
    const unexpected = service.lines.filter(({ event }) => event === 'rpc.failed' || event === 'http.failed');
    await service.stop();
    await rig.end();
    assert.deepEqual(unexpected, []);
  });

  const statusOf = (requestId: RequestId) =>
    requester.context.attempt('GetProofRequestStatus', {}, (call) =>
      call(ProverNetwork.method.getProofRequestStatus, { requestId: bytesOf(requestId) }),
    );

  async function failureOf(requestId: RequestId): Promise<ClientError['failure']> {
    const error = await requester.client.waitProof(requestId, { pollMs: 20 }).then(
      () => assert.fail('there is a proof'),
      (thrown: unknown) => thrown,
    );
    assert.ok(error instanceof ClientError, String(error));
    return error.failure;
  }

  async function assertProves(text: string): Promise<void> {
    const stdin = stdinOf(text);
    const { proofUrl } = await requester.client.waitProof(await requester.submit(stdin), { pollMs: 20 });
    assert.ok((await requester.fetchProof(proofUrl)).equals(expectedProof(stdin)));
  }

  async function refusalOf(changes: RequestBody): Promise<{ status: string; detail: string }> {
    const error = await requester.submit(stdinOf('refused'), changes).then(
      () => assert.fail('it was accepted'),
      (thrown: unknown) => thrown,
    );
    assert.ok(error instanceof ClientError && error.failure.code === 'REFUSED', String(error));
    return error.failure;
  }

  it('check 12: each cause of a guest’s failure is reported as it is, at once', async () => {
    assert.equal(causes.length, 9);
    for (const [name, cause] of causes) {
      const requestId = await requester.submit(failing(cause));
      const failure = await failureOf(requestId);
      assert.ok(failure.code === 'UNEXECUTABLE', failure.code);
      assert.equal(failure.cause, name);
      const answer = await statusOf(requestId);
      assert.deepEqual(
        [answer.executionStatus, answer.fulfillmentStatus],
        [ExecutionStatus.UNEXECUTABLE, FulfillmentStatus.UNFULFILLABLE],
      );
    }
    await assertProves('after the failing ones');
  });

  it('limits of cycles and gas are kept to, of 64 bits, and the largest number means none', async () => {
    const cycles = await requester.client.details(await provenWith({ cycleLimit: unlimited, gasLimit: unlimited }));
    assert.deepEqual([cycles.cycleLimit, cycles.gasLimit], [unlimited, unlimited]);
    const used = { cycles: cycles.cycles ?? 0n, gas: cycles.gasUsed ?? 0n };
    await provenWith({ cycleLimit: used.cycles, gasLimit: used.gas });
    await provenWith({ cycleLimit: 2n ** 63n + 1n, gasLimit: 2n ** 53n + 1n });
    for (const [changes, cause] of [
      [{ cycleLimit: used.cycles - 1n }, 'EXCEEDED_CYCLE_LIMIT'],
      [{ gasLimit: used.gas - 1n }, 'EXCEEDED_GAS_LIMIT'],
    ] as const) {
      const failure = await failureOf(await requester.submit(stdinOf('limited'), changes));
      assert.ok(failure.code === 'UNEXECUTABLE');
      assert.equal(failure.cause, cause);
    }
  });

  async function provenWith(changes: RequestBody): Promise<RequestId> {
    const requestId = await requester.submit(stdinOf('limited'), changes);
    await requester.client.waitProof(requestId, { pollMs: 20 });
    return requestId;
  }

  it('what no lane here can ever do is refused for good, with what can', async () => {
    const version = await refusalOf({ version: 'sp1-v5.0.0' });
    assert.deepEqual(
      [version.status, /sp1-v5\.0\.0.*sp1-v6\.1\.0/.test(version.detail)],
      ['FAILED_PRECONDITION', true],
    );
    const mode = await refusalOf({ mode: 7 as never });
    assert.equal(mode.status, 'INVALID_ARGUMENT');
    const past = await refusalOf({ deadline: deadlineIn(clock, -60_000) });
    assert.equal(past.status, 'INVALID_ARGUMENT');
    assert.match(past.detail, /deadline .* has passed/);
  });

  it('check 11: a deadline that passes while it executes, waits or proves ends the work; the lane is free', async () => {
    for (const stage of ['execute', 'prove'] as const) {
      const queuedUri = await requester.uploadStdin(stdinOf(`behind ${stage}`));
      const { requestId: held, deadline } = await heldUntilDeadline(
        { service, requester, clock },
        hanging[stage],
        stage === 'execute' ? 'executing.running' : 'proving.running',
      );
      const queued = await requester.ask(queuedUri, { deadline: deadline - 1n });
      for (const requestId of [queued, held]) {
        assert.equal((await failureOf(requestId)).code, 'TIMED_OUT');
        await service.until((line) => line.requestId === requestId && line.to === 'expired');
        // Statuses 5 and 6 end older SDKs: the deadline speaks.
        assert.equal((await statusOf(requestId)).fulfillmentStatus, FulfillmentStatus.ASSIGNED);
      }
      await assertProves(`after the late ${stage}`);
    }
  });

  it('a cancel frees the lane wherever the request is, and is final', async () => {
    for (const stage of ['execute', 'prove'] as const) {
      const held = await requester.submit(hanging[stage]);
      const state = stage === 'execute' ? 'executing.running' : 'proving.running';
      await service.until((line) => line.requestId === held && line.to === state);
      const queued = await requester.submit(stdinOf(`waits behind ${stage}`));
      for (const requestId of [queued, held]) {
        await requester.client.cancelRequest(requestId);
        await requester.client.cancelRequest(requestId);
        const failure = await failureOf(requestId);
        assert.ok(failure.code === 'UNFULFILLABLE' && /cancelled/.test(failure.detail), JSON.stringify(failure));
      }
      await assertProves(`after the cancelled ${stage}`);
    }
  });

  it('a cancel that meets the end of a request leaves one of both, for everyone and for ever', async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 24 }, async (_, n) => {
        const requestId = await requester.submit(stdinOf(`race ${n}`));
        const reached = (['requested', 'executing.running', 'proving.running', 'verifying.running'] as const)[n % 4];
        if (n % 4 > 0) await service.until((line) => line.requestId === requestId && line.to === reached);
        const cancelled = await requester.client.cancelRequest(requestId).then(
          () => true,
          (error: unknown) => {
            assert.ok(error instanceof ClientError && error.failure.code === 'REFUSED', String(error));
            assert.equal(error.failure.status, 'FAILED_PRECONDITION');
            return false;
          },
        );
        const first = await requester.client.status(requestId);
        return { requestId, cancelled, first };
      }),
    );
    for (const { requestId, cancelled, first } of outcomes) {
      assert.equal(first.state, cancelled ? 'unfulfillable' : 'fulfilled');
      assert.deepEqual(await requester.client.status(requestId), first);
    }
    await service.kill();
    service = await rig.serve();
    for (const { requestId, first } of outcomes) {
      const again = await requester.client.status(requestId);
      assert.equal(again.state, first.state);
      if (again.state === 'fulfilled') assert.ok((await requester.fetchProof(again.proofUrl)).byteLength > 0);
    }
  });
});

describe('two clients that register one program at once', { timeout: 600_000 }, () => {
  it('both succeed, and the program is set up once for all their proofs', async () => {
    const rig = await createServiceRig();
    const journal = join(rig.folder, 'journal');
    rig.changeScript({ journalPath: journal });
    const service = await rig.serve();
    const clients = [1, 2].map((keyByte) => createRequester(rig.url, { clock, keyByte }));
    await Promise.all(clients.map((client) => client.register()));
    await Promise.all(clients.map((client) => client.register()));
    await Promise.all(
      clients.flatMap((client) =>
        [1, 2, 3].map(async (n) =>
          client.client.waitProof(await client.submit(stdinOf(`${client.address} ${n}`)), { pollMs: 20 }),
        ),
      ),
    );
    const begun = readFileSync(journal, 'utf8').split('\n');
    assert.equal(begun.filter((line) => line.startsWith('prove')).length, 6);
    assert.equal(begun.filter((line) => line.startsWith('setup')).length, 1);
    for (const client of clients) client.close();
    await service.stop();
    await rig.end();
  });
});
