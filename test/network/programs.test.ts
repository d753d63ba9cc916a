// Programs on their way through the front: into the network's store, and from it when others have registered them.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, afterEach, before, describe, it } from 'node:test';
import { zstdCompressSync } from 'node:zlib';
import { create, toBinary } from '@bufbuild/protobuf';
import { systemClock } from '../../src/clock.js';
import { ArtifactStore, ArtifactType } from '../../src/gen/artifact/artifact_pb.js';
import { FulfillmentStatus, ProverNetwork } from '../../src/gen/network/network_pb.js';
import { bytesOf, type RequestId } from '../../src/ids.js';
import { signedArtifactText } from '../../src/rpc/sdk/createArtifact.js';
import { sampleProgram } from '../../src/testkit/artifacts/sampleArtifacts.js';
import { type NetworkRig, reserved, startNetworkRig } from '../../src/testkit/fakeNetwork/networkRig.js';
import { metricsListen, metricsOf } from '../../src/testkit/service/metricsOf.js';
import { createRawCaller } from '../../src/testkit/service/serviceCalls.js';
import {
  createRequester,
  expectedProof,
  type ServiceRequester,
  sampleVkHash,
  stdinOf,
} from '../../src/testkit/service/serviceRequests.js';

describe('programs in network mode', { timeout: 600_000 }, () => {
  let made: NetworkRig;
  let requester: ServiceRequester;
  let direct: ServiceRequester;
  const flags = { adopt: 'prove-public', 'network-hosts': '127.0.0.1', 'max-program-size': '1MiB', ...metricsListen };
  before(async () => {
    made = await startNetworkRig({ flags });
    requester = made.requester(1);
    direct = createRequester(made.network.url, { clock: systemClock });
  });
  afterEach(() => made.network.faults.clear());
  after(async () => {
    direct.close();
    await made.end();
  });

  const ended = (id: RequestId) =>
    made.network.record.waitFor(() => made.request(id).fulfillment !== FulfillmentStatus.ASSIGNED);
  async function getProgram() {
    const raw = createRawCaller(made.rig.port);
    const message = create(ProverNetwork.method.getProgram.input, { vkHash: bytesOf(sampleVkHash) });
    const answer = await raw.call(
      ProverNetwork.method.getProgram,
      toBinary(ProverNetwork.method.getProgram.input, message),
    );
    raw.close();
    return answer.status;
  }
  /** The bytes that the network shows of the one program. */
  function program() {
    const { ledger } = made.network;
    const { programUri } = ledger.programs.get(sampleVkHash) ?? assert.fail('it is not registered');
    return ledger.artifacts.get(programUri.split('/').at(-1) ?? '') ?? assert.fail('it has no bytes');
  }
  /** Asked of the network itself, with an input that is here. A start looks at what is assigned at once. */
  async function askedThere(text: string): Promise<RequestId> {
    const uri = await requester.uploadStdin(stdinOf(text));
    await made.service.stop();
    const id = await direct.ask(uri, reserved);
    made.service = await made.rig.serve({ 'public-url': made.rig.url });
    await ended(id);
    return id;
  }

  it('T35: an upload waits for the store of the network: 504, which the SDK repeats, when that is away, and 502 when it refuses', async () => {
    assert.equal(await getProgram(), 'NOT_FOUND');
    const { artifactPresignedUrl } = await requester.context.attempt('CreateArtifact', {}, (call) =>
      call(ArtifactStore.method.createArtifact, {
        signature: requester.context.signerFor('CreateArtifact').sign(signedArtifactText),
        artifactType: ArtifactType.PROGRAM,
      }),
    );
    const put = async () => {
      const { status } = await fetch(artifactPresignedUrl, { method: 'PUT', body: sampleProgram(200) });
      return status;
    };
    made.network.faults.set('PutObject', { kind: 'http', status: 503 });
    made.network.faults.set('PutObject', { kind: 'http', status: 403 });
    assert.deepEqual([await put(), await put(), await put()], [504, 502, 200]);

    const other = made.requester(9);
    made.network.faults.set('PutObject', { kind: 'http', status: 503 });
    await other.register();
    assert.deepEqual(program().bytes, sampleProgram());
    assert.equal(made.network.record.of('CreateProgram').length, 1);
  });

  it('T36: one that others have registered is fetched, within its bound and from where it may be: a bomb is refused', async () => {
    await direct.register();
    const artifact = program();
    const { bytes } = artifact;
    artifact.bytes = zstdCompressSync(sampleProgram(64 * 2 ** 20));
    const id = await askedThere('bomb');
    assert.deepEqual([made.request(id).fulfillment, made.request(id).error], [FulfillmentStatus.UNFULFILLABLE, 3]);
    const line = await made.service.until(({ event, text }) => event === 'network.unprovable' && text.includes(id));
    assert.match(line.text, /1\.0 MB|1 MiB|1,048,576|1048576/);
    artifact.bytes = bytes;
  });

  it('T36, T31: one whose key is another is never proved: error 2', async () => {
    const artifact = program();
    const { bytes } = artifact;
    assert.ok(bytes);
    artifact.bytes = otherProgram(bytes);
    const id = await askedThere('wrong ELF');
    assert.deepEqual([made.request(id).fulfillment, made.request(id).error], [FulfillmentStatus.UNFULFILLABLE, 2]);
    artifact.bytes = bytes;
  });

  it('T36: one that only has a public URI is fetched and proved', async () => {
    const id = await askedThere('by others');
    assert.deepEqual(made.request(id).proofArtifact?.bytes, expectedProof(stdinOf('by others')));
    assert.equal(made.request(id).accepted, 1);
    const found = await metricsOf(made.service);
    assert.equal(found.get('program_fetch_seconds_count{}'), 1);
    assert.equal(found.get('program_bytes_total{}'), sampleProgram().byteLength);
    assert.equal(found.get('adopted_total{how="input"}'), 1);
  });

  it('T45: with --adopt prove-public an input that the network shows to everybody is fetched and proved', async (t) => {
    const server = createServer((_, response) => response.end(stdinOf('public input')));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    t.after(() => server.close());
    const { port } = server.address() as AddressInfo;
    await made.service.stop();
    const ids = [
      await direct.ask(`http://127.0.0.1:${port}/input`, { ...reserved, stdinPrivate: false }),
      await direct.ask(`http://localhost:${port}/input`, { ...reserved, stdinPrivate: false }),
    ] as const;
    made.service = await made.rig.serve({ 'public-url': made.rig.url });
    await ended(ids[0]);
    assert.deepEqual(made.request(ids[0]).proofArtifact?.bytes, expectedProof(stdinOf('public input')));
    // Of a host that is not listed.
    await made.service.until(({ event, text }) => event === 'network.not_public' && text.includes(ids[1]));
    assert.equal(made.request(ids[1]).fulfillment, FulfillmentStatus.ASSIGNED);
    const found = await metricsOf(made.service);
    assert.deepEqual([found.get('adopted_total{how="public"}'), found.get('adopted_total{how="left"}')], [1, 1]);
  });

  it('T38: what was not known when it was first asked for is known once it is registered and proved', async () => {
    await requester.register();
    await requester.client.waitProof(await requester.submit(stdinOf('registers it'), reserved));
    assert.equal(await getProgram(), 'OK');
  });

  it('T37: a lost answer and two clients at once register one program, and both are told so', async () => {
    made.network.faults.set('CreateProgram', { kind: 'lostAfter' });
    await Promise.all([made.requester(7).register(), made.requester(8).register()]);
    assert.equal(made.network.ledger.programs.size, 1);
    assert.equal(await getProgram(), 'OK');
    assert.deepEqual(made.network.invariants(), []);
  });

  it('T41: circuits of SP1 5 are refused before anything is sent', async () => {
    const uri = await requester.uploadStdin(stdinOf('of SP1 5'));
    const calls = made.network.record.calls.length;
    await assert.rejects(
      requester.ask(uri, { ...reserved, version: 'sp1-v5.0.0', nonce: 1n }),
      /FAILED_PRECONDITION[\s\S]*sp1-v5\.0\.0|sp1-v5\.0\.0[\s\S]*FAILED_PRECONDITION/,
    );
    // What the service reads and reports by itself goes on meanwhile, under the key of the prover.
    const sent = made.network.record.calls.slice(calls).filter(({ signer }) => signer === requester.address);
    assert.deepEqual(sent, []);
  });
});

/** A 64-bit ELF all the same. */
function otherProgram(bytes: Buffer): Buffer {
  const other = Buffer.from(bytes);
  other[other.byteLength - 1] = (other.at(-1) ?? 0) ^ 1;
  return other;
}
