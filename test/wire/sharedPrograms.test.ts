// A program is stored once, however often it is uploaded and by however many before its first proof. The bytes are shared and the trust
// is not: see strangersPrograms.test.ts.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { holdingClock } from '../../src/clock.js';
import { parseVk, type VerifyingKey, vkHash as vkHashOf } from '../../src/engines/vk.js';
import { Programs } from '../../src/gen/admin/v1/programs_pb.js';
import { bytesOf } from '../../src/ids.js';
import { sampleProgram } from '../../src/testkit/artifacts/sampleArtifacts.js';
import { fakeProof, fakeVk } from '../../src/testkit/engine/fakeProof.js';
import { callJson } from '../../src/testkit/service/adminCalls.js';
import { createRequester, type ServiceRequester, stdinOf } from '../../src/testkit/service/serviceRequests.js';
import { createServiceRig, type ServiceProcess, type ServiceRig } from '../../src/testkit/service/serviceRig.js';

const elf = sampleProgram(1_000_000).subarray(8);
const vk = fakeVk(elf);
const program = { elf, vk, vkHash: vkHashOf(parseVk(vk) as VerifyingKey) };

describe('a program that is asked for again and again before its first proof', { timeout: 600_000 }, () => {
  let rig: ServiceRig;
  let service: ServiceProcess;
  let requesters: ServiceRequester[];
  before(async () => {
    // Room for three copies of it: the tenth upload of an address must not be the one too many.
    rig = await createServiceRig({
      flags: { 'upload-space-per-address': '3MB', 'max-program-size': '2MB', 'max-stdin-size': '2MB' },
    });
    service = await rig.serve();
    requesters = [1, 2, 3].map((keyByte) => createRequester(rig.url, { clock: holdingClock, keyByte }));
  });
  after(async () => {
    for (const requester of requesters) requester.close();
    await service.stop();
    await rig.end();
  });

  const files = () =>
    readdirSync(join(rig.data, 'artifacts', 'program'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name }) => name);

  async function assertProves(by: ServiceRequester, text: string): Promise<void> {
    const requestId = await by.submit(stdinOf(text), { vkHash: bytesOf(program.vkHash) });
    const { proofUrl } = await by.client.waitProof(requestId, { pollMs: 20 });
    assert.ok((await by.fetchProof(proofUrl)).equals(fakeProof(elf, stdinOf(text), 'core', 1_000)));
  }

  it('is one file, of one address and of many, in turn and at once', async () => {
    const [first] = requesters as [ServiceRequester];
    await Promise.all(requesters.map((requester) => requester.client.registerProgram(program)));
    for (let time = 0; time < 10; time += 1) await first.client.registerProgram(program);
    await Promise.all(
      requesters.flatMap(({ client }) => [client.registerProgram(program), client.registerProgram(program)]),
    );
    assert.equal(files().length, 1);
  });

  it('serves each of them, also after a restart', async () => {
    await service.kill();
    service = await rig.serve();
    assert.equal(files().length, 1);
    await Promise.all(requesters.map((requester, n) => assertProves(requester, `of requester ${n}`)));
    assert.equal(files().length, 1);
  });

  it('is brought anew by its clients when an operator has removed it, also after a restart', async () => {
    const [first] = requesters as [ServiceRequester];
    assert.equal((await first.client.registerProgram(program)).registered, false);
    const to = { path: join(rig.data, 'admin.sock') };
    const removal = { vkHash: program.vkHash, change: { reason: 'it is of no use any more' } };
    assert.equal((await callJson(to, Programs.method.remove, removal)).changed?.applied, true);
    await service.kill();
    service = await rig.serve();
    assert.equal((await first.client.registerProgram(program)).registered, true);
    await assertProves(first, 'once more');
  });
});
