// The service as its operator meets it: started twice, stopped, stopped again, restarted under clients that wait.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { afterEach, describe, it } from 'node:test';
import { CallFailed } from '../../src/client/transport.js';
import { holdingClock } from '../../src/clock.js';
import { ArtifactStore, ArtifactType } from '../../src/gen/artifact/artifact_pb.js';
import { ProverNetwork } from '../../src/gen/network/network_pb.js';
import { bytesOf } from '../../src/ids.js';
import {
  createRequester,
  expectedProof,
  type ServiceRequester,
  stdinOf,
} from '../../src/testkit/service/serviceRequests.js';
import {
  createServiceRig,
  type LogLine,
  type ServiceRig,
  type ServiceRigOptions,
} from '../../src/testkit/service/serviceRig.js';

const clock = holdingClock;
const never = new AbortController().signal;
/** Proofs that do not end within a test. */
const slowProofs = { rules: [{ on: 'prove', act: { kind: 'hang' } }] } as const;

describe('the life of a service', { timeout: 600_000 }, () => {
  const ends: (() => unknown)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  async function stageOf(options: ServiceRigOptions = {}): Promise<{ rig: ServiceRig; requester: ServiceRequester }> {
    const rig = await createServiceRig(options);
    ends.push(() => rig.end());
    const requester = createRequester(rig.url, { clock });
    ends.push(() => requester.close());
    return { rig, requester };
  }

  async function assertProven(
    requester: ServiceRequester,
    requestId: Parameters<typeof requester.client.status>[0],
    stdin: Uint8Array,
  ) {
    const { proofUrl } = await requester.client.waitProof(requestId, { pollMs: 50 });
    assert.ok((await requester.fetchProof(proofUrl)).equals(expectedProof(stdin)));
  }

  const isProving = (requestId: string) => (line: LogLine) =>
    line.event === 'request.transition' && line.requestId === requestId && line.to === 'proving.running';

  it('has its data folder for itself', async () => {
    const { rig, requester } = await stageOf();
    await rig.serve();
    const second = rig.spawn({ listen: '127.0.0.1:0' });
    assert.notEqual((await second.exited).code, 0);
    const said = second.lines.map(({ text }) => text).join('\n');
    assert.match(
      said,
      /Another sealed-prover is using the data folder .*svc-.*data\. Stop it, or choose another folder with --data\./,
    );
    assert.doesNotMatch(said, /\n\s+at /);
    await requester.register();
  });

  it('says so when the port is taken, and leaves nothing behind', async () => {
    const { rig } = await stageOf();
    const holder = createServer().listen(rig.port, '127.0.0.1');
    await once(holder, 'listening');
    const service = rig.spawn();
    assert.equal((await service.exited).code, 1);
    assert.deepEqual(
      service.lines.map(({ text }) => text),
      [`127.0.0.1:${rig.port} is in use already. Choose another port with --listen, or stop who has it.`],
    );
    holder.close();
    await rig.enginesGone();
    // The claim on the folder was given back with it.
    assert.equal(await (await rig.serve()).stop(), 0);
  });

  it('stops with SIGTERM and 0; what was open goes on after the next start', async () => {
    const { rig, requester } = await stageOf({ script: slowProofs });
    const service = await rig.serve();
    await requester.register();
    const stdin = stdinOf('one');
    const requestId = await requester.submit(stdin);
    await service.until(isProving(requestId));
    assert.equal(await service.stop(), 0);
    await rig.enginesGone();
    rig.changeScript({});
    const next = await rig.serve();
    assert.ok(next.lines.some(({ text }) => /brought back: 1\b/.test(text)));
    await assertProven(requester, requestId, stdin);
  });

  it('stops at once with a second SIGTERM, even while clients still send', async () => {
    const { rig, requester } = await stageOf({ flags: { 'drain-timeout': '60s' } });
    const service = await rig.serve();
    const upload = await halfAnUpload(requester, rig.port);
    ends.push(() => upload.destroy());
    service.child.kill('SIGTERM');
    await service.until(({ text }) => text.startsWith('Stopping'));
    service.child.kill('SIGTERM');
    assert.equal((await service.exited).code, 130);
    await rig.enginesGone();
  });

  it('gives running uploads their time to end, and not more', async () => {
    const { rig, requester } = await stageOf({ flags: { 'drain-timeout': '1s' } });
    const service = await rig.serve();
    const upload = await halfAnUpload(requester, rig.port);
    const cut = once(upload, 'close');
    assert.equal(await service.stop(), 0);
    await cut;
  });

  it('answers polls with UNAVAILABLE when it stops', async () => {
    const { rig, requester } = await stageOf({ script: slowProofs });
    const service = await rig.serve();
    await requester.register();
    const requestId = await requester.submit(stdinOf('polled'));
    const clients = Array.from({ length: 20 }, () => createRequester(rig.url, { clock }));
    ends.push(() => {
      for (const client of clients) client.close();
    });
    let answers = 0;
    const polls = clients.map(async ({ context }) => {
      for (;;) {
        await context.transport.call(
          ProverNetwork.method.getProofRequestStatus,
          { requestId: bytesOf(requestId) },
          new AbortController().signal,
        );
        answers += 1;
        if (answers === 400) service.child.kill('SIGTERM');
      }
    });
    for (const outcome of await Promise.allSettled(polls)) {
      assert.equal(outcome.status, 'rejected');
      assert.ok(outcome.reason instanceof CallFailed);
      assert.equal(outcome.reason.status, 'UNAVAILABLE', outcome.reason.message);
      // This is grpc-js's wording for a connection that was cut under a call. SDKs end their wait on other codes for it.
      assert.doesNotMatch(outcome.reason.detail, /dropped|RST_STREAM/);
    }
    assert.equal((await service.exited).code, 0);
    assert.ok(answers >= 400);
  });

  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    it(`is waited for over a ${signal}`, async () => {
      const { rig, requester } = await stageOf({ script: slowProofs });
      const service = await rig.serve();
      await requester.register();
      const stdin = stdinOf('waits');
      const requestId = await requester.submit(stdin);
      const proven = assertProven(requester, requestId, stdin);
      const seen: string[] = [];
      const watched = (async () => {
        for await (const { state } of requester.client.watch(requestId, { pollMs: 50 })) seen.push(state);
      })();
      await service.until(isProving(requestId));
      rig.changeScript({});
      service.child.kill(signal);
      await service.exited;
      await rig.serve();
      await Promise.all([proven, watched]);
      assert.equal(seen.at(-1), 'fulfilled');
    });
  }

  it('does not mind another one beside it', async () => {
    const [left, right] = await Promise.all([stageOf(), stageOf()]);
    await Promise.all([left.rig.serve(), right.rig.serve()]);
    await Promise.all([left.requester.register(), right.requester.register()]);
    const stdin = stdinOf('the same on both');
    const [one, other] = await Promise.all([left.requester.submit(stdin), right.requester.submit(stdin)]);
    assert.notEqual(one, other);
    await Promise.all([assertProven(left.requester, one, stdin), assertProven(right.requester, other, stdin)]);
    await assert.rejects(left.requester.client.status(other), {
      failure: {
        code: 'REFUSED',
        call: 'GetProofRequestStatus',
        status: 'NOT_FOUND',
        detail: `No request 0x${other} is known here.`,
      },
    });
  });
});

/** A PUT whose second half does not come. */
async function halfAnUpload(requester: ServiceRequester, port: number) {
  const { context } = requester;
  const { artifactPresignedUrl } = await context.transport.call(
    ArtifactStore.method.createArtifact,
    { signature: context.signerFor('').signArtifactCreation(), artifactType: ArtifactType.PRIVATE_STDIN },
    never,
  );
  const { pathname, search } = new URL(artifactPresignedUrl);
  const socket = connect(port, '127.0.0.1').on('error', () => undefined);
  await once(socket, 'connect');
  await new Promise((resolve) =>
    socket.write(
      `PUT ${pathname}${search} HTTP/1.1\r\nhost: h\r\ncontent-length: 1000\r\nexpect: 100-continue\r\n\r\n`,
      resolve,
    ),
  );
  // The service says "continue" when it has begun to read the upload.
  await once(socket, 'data');
  socket.write(Buffer.alloc(500));
  return socket;
}
