// Programs that only the network has: known to clients when they can be fetched from there, fetched with the first request, and not believed.
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { zstdCompressSync } from 'node:zlib';
import { create, toBinary } from '@bufbuild/protobuf';
import { systemClock } from '../../src/clock.js';
import { FulfillmentStatus, ProverNetwork } from '../../src/gen/network/network_pb.js';
import { bytesOf } from '../../src/ids.js';
import { sampleProgram } from '../../src/testkit/artifacts/sampleArtifacts.js';
import { type NetworkRig, reserved, startNetworkRig } from '../../src/testkit/fakeNetwork/networkRig.js';
import type { Switches } from '../../src/testkit/fakeNetwork/switches.js';
import { createRawCaller } from '../../src/testkit/service/serviceCalls.js';
import { createRequester, expectedProof, sampleVkHash, stdinOf } from '../../src/testkit/service/serviceRequests.js';

describe('programs that only the network has', { timeout: 600_000 }, () => {
  async function started(t: TestContext, switches: Partial<Switches> = {}, flags: Record<string, string> = {}) {
    const made = await startNetworkRig({
      flags: { 'network-hosts': '127.0.0.1', 'max-program-size': '1MiB', ...flags },
      network: { switches: { programUri: 'public', ...switches } },
    });
    t.after(() => made.end());
    return made;
  }
  async function registeredThere({ network }: NetworkRig) {
    const stranger = createRequester(network.url, { clock: systemClock, keyByte: 77 });
    await stranger.register();
    stranger.close();
    const { programUri } = network.ledger.programs.get(sampleVkHash) ?? assert.fail('it is not registered');
    return network.ledger.artifacts.get(programUri.split('/').at(-1) ?? '') ?? assert.fail('it has no bytes');
  }
  async function getProgram({ rig }: NetworkRig) {
    const { input } = ProverNetwork.method.getProgram;
    const raw = createRawCaller(rig.port);
    const bytes = toBinary(input, create(input, { vkHash: bytesOf(sampleVkHash) }));
    const { status } = await raw.call(ProverNetwork.method.getProgram, bytes);
    raw.close();
    return status;
  }
  const uploads = ({ network }: NetworkRig) => network.record.of('CreateArtifact').length;
  const isFetched = (made: NetworkRig) => made.service.lines.filter(({ event }) => event === 'network.program_fetched');

  it('T38: it is known, and its first request fetches it. Once proved it is right for everybody', async (t) => {
    const made = await started(t);
    assert.equal(await getProgram(made), 'NOT_FOUND');
    await registeredThere(made);
    assert.equal(await getProgram(made), 'OK');
    const before = uploads(made);
    for (const keyByte of [1, 2]) {
      const requester = made.requester(keyByte);
      const stdin = stdinOf(`of ${keyByte}`);
      const id = await requester.submit(stdin, reserved);
      await requester.client.waitProof(id);
      await made.came(id, 'delivered');
      assert.deepEqual(made.request(id).proofArtifact?.bytes, expectedProof(stdin));
    }
    assert.equal(uploads(made), before);
    assert.equal(isFetched(made).length, 1);
    assert.deepEqual(made.network.invariants(), []);
  });

  it('it is unknown where its bytes cannot be fetched, so that its client brings them', async (t) => {
    const made = await started(t, { programUri: 'store' });
    await registeredThere(made);
    assert.equal(await getProgram(made), 'NOT_FOUND');
    const requester = made.requester(1);
    await requester.register();
    await requester.client.waitProof(await requester.submit(stdinOf('brought'), reserved));
    assert.equal(await getProgram(made), 'OK');
    assert.deepEqual(isFetched(made), []);
  });

  it('T36: bytes of another key prove nothing, and are not asked of the network again', async (t) => {
    const made = await started(t);
    const artifact = await registeredThere(made);
    const other = Buffer.from(artifact.bytes ?? assert.fail());
    other[other.byteLength - 1] = (other.at(-1) ?? 0) ^ 1;
    artifact.bytes = other;
    assert.equal(await getProgram(made), 'OK');
    const requester = made.requester(1);
    const id = await requester.submit(stdinOf('with a wrong ELF'), reserved);
    await made.came(id, 'released');
    assert.deepEqual([made.request(id).fulfillment, made.request(id).error], [FulfillmentStatus.UNFULFILLABLE, 2]);
    assert.equal(await getProgram(made), 'NOT_FOUND');
    await requester.register();
    await requester.client.waitProof(await requester.submit(stdinOf('with its own'), reserved));
    assert.equal(await getProgram(made), 'OK');
    assert.equal(isFetched(made).length, 1);
  });

  it('T36: one that unpacks beyond the bound is refused before the network has the request', async (t) => {
    const made = await started(t);
    const artifact = await registeredThere(made);
    artifact.bytes = zstdCompressSync(sampleProgram(64 * 2 ** 20));
    assert.equal(await getProgram(made), 'OK');
    const requester = made.requester(1);
    await assert.rejects(requester.submit(stdinOf('bomb'), reserved), /NOT_FOUND/);
    assert.equal(made.network.record.of('RequestProof').length, 0);
    assert.equal(await getProgram(made), 'NOT_FOUND');
  });

  it('with --program-uploads direct a program never passes through us, and is fetched as any other', async (t) => {
    const made = await started(t, {}, { 'program-uploads': 'direct' });
    const requester = made.requester(1);
    await requester.register();
    const [artifact] = made.network.ledger.artifacts.values();
    assert.deepEqual(artifact?.bytes, sampleProgram());
    const stdin = stdinOf('direct');
    const id = await requester.submit(stdin, reserved);
    await made.came(id, 'delivered');
    assert.deepEqual(made.request(id).proofArtifact?.bytes, expectedProof(stdin));
    assert.equal(isFetched(made).length, 1);
  });
});
