// What the class and the headers of an ELF decide, against a running service: which keys may name it, and what is said when an engine
// makes another one of it.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { create, toBinary } from '@bufbuild/protobuf';
import { ClientError } from '../../src/client/errors.js';
import { freshNonce } from '../../src/client/nonce.js';
import { upload } from '../../src/client/upload.js';
import { holdingClock } from '../../src/clock.js';
import { parseVk, type VerifyingKey, vkHash as vkHashOf } from '../../src/engines/vk.js';
import { ArtifactType } from '../../src/gen/artifact/artifact_pb.js';
import { CreateProgramRequestBodySchema, MessageFormat, ProverNetwork } from '../../src/gen/network/network_pb.js';
import { bytesOf } from '../../src/ids.js';
import { affectedElf, elf32, programOf, unaffectedElf } from '../../src/testkit/artifacts/elf.js';
import { fakeVk } from '../../src/testkit/engine/fakeProof.js';
import { bodyOf, createRequester, type ServiceRequester, stdinOf } from '../../src/testkit/service/serviceRequests.js';
import { createServiceRig, type ServiceProcess, type ServiceRig } from '../../src/testkit/service/serviceRig.js';

describe('the ELF of a program', { timeout: 600_000 }, () => {
  let rig: ServiceRig;
  let service: ServiceProcess;
  let requester: ServiceRequester;

  before(async () => {
    rig = await createServiceRig();
    service = await rig.serve();
    requester = createRequester(rig.url, { clock: holdingClock });
  });
  after(async () => {
    requester.close();
    assert.equal(await service.stop(), 0);
    await rig.end();
  });

  const uploadElf = (elf: Uint8Array) =>
    upload(requester.context, { type: ArtifactType.PROGRAM, body: bodyOf(programOf(elf)) });

  /** Registers an uploaded program under the key that the fake engine makes of `vkOf`; answers its hash. */
  async function register(programUri: string, vkOf: Uint8Array) {
    const vk = fakeVk(vkOf);
    const vkHash = vkHashOf(parseVk(vk) as VerifyingKey);
    await requester.context.attempt('CreateProgram', {}, async (call) => {
      const nonce = await freshNonce(requester.context, call);
      const body = create(CreateProgramRequestBodySchema, { nonce, vkHash: bytesOf(vkHash), vk, programUri });
      const signature = requester.context
        .signerFor('CreateProgram')
        .sign(toBinary(CreateProgramRequestBodySchema, body));
      return call(ProverNetwork.method.createProgram, { format: MessageFormat.BINARY, signature, body });
    });
    return vkHash;
  }

  it('may be 32-bit when it is uploaded, but not under a key of SP1 6', async () => {
    const elf = elf32();
    await assert.rejects(
      register(await uploadElf(elf), elf),
      (error) => error instanceof ClientError && /The ELF is 32-bit, but SP1 6 runs 64-bit ones/.test(error.message),
    );
  });

  it('rule 15: may be registered under two keys, of SDKs on either side of 6.8.1', async () => {
    const uri = await uploadElf(affectedElf);
    const own = await register(uri, affectedElf);
    const other = await register(uri, Buffer.from('as another SDK loads it'));
    assert.notEqual(own, other);
    const proven = await requester.submit(stdinOf('own'), { vkHash: bytesOf(own) });
    assert.equal((await requester.client.waitProof(proven)).state, 'fulfilled');
    await assertMismatch(other, /This ELF is affected by the loader change of SDK 6\.8\.1/);
  });

  it('is said not to be the reason when it is not affected', async () => {
    const vkHash = await register(await uploadElf(unaffectedElf), Buffer.from('another ELF'));
    await assertMismatch(vkHash, /This ELF is not affected by the loader change of SDK 6\.8\.1/);
  });

  /** The request fails at once and for good; the log says why. */
  async function assertMismatch(vkHash: string, why: RegExp): Promise<void> {
    const requestId = await requester.submit(stdinOf(vkHash), { vkHash: Buffer.from(vkHash, 'hex') });
    const line = await service.until((each) => each.event === 'program.vk_mismatch' && each.requestId === requestId);
    assert.match(line.text, why);
    await assert.rejects(requester.client.waitProof(requestId), (error) => {
      assert.ok(error instanceof ClientError && error.failure.code === 'UNFULFILLABLE');
      assert.equal(error.failure.cause, 'VERIFICATION_KEY_MISMATCH');
      assert.match(error.message, why);
      return true;
    });
  }
});
