// How much one address may have on a running service, over a restart too. Beyond that the answer says what to do, and others do not notice.
import assert from 'node:assert/strict';
import { request } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { ClientError, type ClientFailure } from '../../src/client/client.js';
import { holdingClock } from '../../src/clock.js';
import { parseVk, type VerifyingKey, vkHash as vkHashOf } from '../../src/engines/vk.js';
import { ArtifactType } from '../../src/gen/artifact/artifact_pb.js';
import { sampleProgram, sampleStdin } from '../../src/testkit/artifacts/sampleArtifacts.js';
import { fakeVk } from '../../src/testkit/engine/fakeProof.js';
import { createRequester, type ServiceRequester, stdinOf } from '../../src/testkit/service/serviceRequests.js';
import { createServiceRig, type ServiceProcess, type ServiceRig } from '../../src/testkit/service/serviceRig.js';
import { createArtifact } from '../../src/testkit/service/serviceUploads.js';

const limits = {
  'max-open-requests-per-address': '2',
  'max-programs-per-address': '1',
  'max-stdin-size': '100000',
  'max-program-size': '100000',
  'upload-space-per-address': '150000',
  uploads: '2',
  'uploads-per-address': '1',
};

describe('limits of an address', { timeout: 600_000 }, () => {
  let rig: ServiceRig;
  let service: ServiceProcess;
  const requesters: ServiceRequester[] = [];
  /** Without a budget nothing is tried again: what is answered first is seen. */
  const requester = (keyByte: number): ServiceRequester => {
    const made = createRequester(rig.url, { clock: holdingClock, keyByte, retryBudgetMs: 0 });
    requesters.push(made);
    return made;
  };

  before(async () => {
    rig = await createServiceRig({ flags: limits, script: { rules: [{ on: 'prove', act: { kind: 'hang' } }] } });
    service = await rig.serve();
    await requester(1).register();
    await requester(2).register();
  });
  after(async () => {
    for (const each of requesters) each.close();
    const unexpected = service.lines.filter(({ event }) => event === 'rpc.failed' || event === 'http.failed');
    assert.equal(await service.stop(), 0);
    await rig.end();
    assert.deepEqual(unexpected, [], 'something was not expected');
  });

  const failsWith = (expected: Partial<ClientFailure>, text: RegExp) => (error: unknown) => {
    assert.ok(error instanceof ClientError, String(error));
    assert.deepEqual({ ...error.failure, ...expected }, error.failure);
    assert.match(error.message, text);
    return true;
  };

  it('open requests: the next is refused with a retry, also after a restart, until one has ended', async () => {
    const [alice, bob] = [requester(1), requester(2)];
    const ids = [await alice.submit(stdinOf('1')), await alice.submit(stdinOf('2'))];
    const full = failsWith(
      { code: 'REFUSED', status: 'UNAVAILABLE' },
      new RegExp(`0x${alice.address} has 2 open requests, the most that one address may have`),
    );
    const third = await alice.uploadStdin(stdinOf('3'));
    await assert.rejects(alice.ask(third), full);
    await bob.submit(stdinOf('1'));
    await service.kill();
    service = await rig.serve();
    await assert.rejects(alice.ask(third), full);
    await alice.client.cancelRequest(ids[0] as (typeof ids)[0]);
    await alice.ask(third);
  });

  it('programs: one more is refused for good, the same again is not, and another address registers its own', async () => {
    const elf = sampleProgram(300).subarray(8);
    const vk = fakeVk(elf);
    const program = { elf, vk, vkHash: vkHashOf(parseVk(vk) as VerifyingKey) };
    const [alice, eve] = [requester(1), requester(5)];
    await assert.rejects(
      alice.client.registerProgram(program),
      failsWith({ code: 'REFUSED', status: 'RESOURCE_EXHAUSTED' }, /has registered 1 programs, the most/),
    );
    await alice.register();
    assert.equal((await eve.client.registerProgram(program)).registered, true);
  });

  it('room for uploads: refused in the way that is tried again, and only whose room is full', async () => {
    const [carol, dave] = [requester(3), requester(4)];
    const large = sampleStdin(Buffer.alloc(80_000));
    await carol.uploadStdin(large);
    await assert.rejects(
      carol.uploadStdin(large),
      failsWith({ code: 'TRANSFER_REFUSED', httpStatus: 504 }, /have all the room that one address may take here/),
    );
    await dave.uploadStdin(large);
  });

  it('uploads at once: an address whose uploads stall holds up only itself', async () => {
    const [erin, frank] = [requester(5), requester(6)];
    const sleeping = await Promise.all(
      Array.from({ length: 3 }, async () => {
        const { url } = await createArtifact(erin, ArtifactType.STDIN);
        const headers = { 'content-length': 1_000 };
        const upload = request(url, { method: 'PUT', headers, agent: false });
        upload.on('error', () => undefined);
        await new Promise((sent) => upload.write(sampleStdin(Buffer.alloc(900)).subarray(0, 500), sent));
        return upload;
      }),
    );
    // Half a minute passes before one that sleeps is given up.
    for (const text of ['1', '2', '3']) await frank.uploadStdin(stdinOf(text));
    for (const upload of sleeping) upload.destroy();
  });
});
