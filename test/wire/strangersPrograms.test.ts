// Anyone may register any ELF under the public key of a program that others use: it must never get their inputs, nor keep them out.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { ClientError } from '../../src/client/errors.js';
import { holdingClock } from '../../src/clock.js';
import { parseVk, type VerifyingKey, vkHash as vkHashOf } from '../../src/engines/vk.js';
import type { RequestId } from '../../src/ids.js';
import { bytesOf } from '../../src/ids.js';
import { sampleProgram } from '../../src/testkit/artifacts/sampleArtifacts.js';
import { fakeProof, fakeVk } from '../../src/testkit/engine/fakeProof.js';
import { createRequester, type ServiceRequester, stdinOf } from '../../src/testkit/service/serviceRequests.js';
import { createServiceRig, type ServiceProcess, type ServiceRig } from '../../src/testkit/service/serviceRig.js';

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const elfOf = (bytes: number) => sampleProgram(bytes).subarray(8);
/** What a stranger brings in its place. */
const foreignElf = elfOf(301);

describe('a program that a stranger has registered with another ELF', { timeout: 600_000 }, () => {
  let rig: ServiceRig;
  let service: ServiceProcess;
  let attacker: ServiceRequester;
  let victim: ServiceRequester;
  let journal: string;
  before(async () => {
    rig = await createServiceRig();
    journal = join(rig.folder, 'journal');
    rig.changeScript({ journalPath: journal });
    service = await rig.serve();
    [attacker, victim] = [1, 2].map((keyByte) => createRequester(rig.url, { clock: holdingClock, keyByte })) as [
      ServiceRequester,
      ServiceRequester,
    ];
  });
  after(async () => {
    attacker.close();
    victim.close();
    assert.equal(await service.stop(), 0);
    await rig.end();
  });

  const programOf = (elf: Uint8Array) => {
    const vk = fakeVk(elf);
    return { elf, vk, vkHash: vkHashOf(parseVk(vk) as VerifyingKey) };
  };
  type Program = ReturnType<typeof programOf>;
  const registerForeign = ({ vk, vkHash }: Program) => attacker.client.registerProgram({ elf: foreignElf, vk, vkHash });
  const submit = (by: ServiceRequester, { vkHash }: Program, text: string) =>
    by.submit(stdinOf(text), { vkHash: bytesOf(vkHash) });
  /** Digests of the ELFs that were executed on this input. */
  const executedOn = (text: string) =>
    readFileSync(journal, 'utf8')
      .split('\n')
      .map((line) => line.split(' '))
      .filter(([kind, stdin]) => kind === 'execute' && stdin === sha256(stdinOf(text)))
      .map(([, , elf]) => elf);

  const isUnknown = (error: unknown) =>
    error instanceof ClientError && error.failure.code === 'REFUSED' && error.failure.status === 'NOT_FOUND';

  async function assertProves(by: ServiceRequester, program: Program, text: string): Promise<void> {
    const { proofUrl } = await by.client.waitProof(await submit(by, program, text), { pollMs: 20 });
    assert.ok((await by.fetchProof(proofUrl)).equals(fakeProof(program.elf, stdinOf(text), 'core', 1_000)));
    assert.deepEqual(executedOn(text), [sha256(program.elf)]);
  }

  async function assertMismatch(requestId: RequestId): Promise<void> {
    await assert.rejects(attacker.client.waitProof(requestId, { pollMs: 20 }), (error) => {
      assert.ok(error instanceof ClientError && error.failure.code === 'UNFULFILLABLE', String(error));
      assert.equal(error.failure.cause, 'VERIFICATION_KEY_MISMATCH');
      return true;
    });
  }

  it('is unknown to everybody else, who register their own and prove with that', async () => {
    const program = programOf(elfOf(310));
    assert.equal((await registerForeign(program)).registered, true);
    assert.equal((await registerForeign(program)).registered, true);
    await assert.rejects(submit(victim, program, 'before registering'), isUnknown);
    assert.deepEqual(executedOn('before registering'), []);
    assert.equal((await victim.client.registerProgram(program)).registered, true);
    await assertProves(victim, program, 'of the victim');
  });

  it('belongs to everybody once it is proven, with the ELF that it was proven with, also after a restart', async () => {
    const program = programOf(elfOf(311));
    await registerForeign(program);
    await victim.client.registerProgram(program);
    await assertProves(victim, program, 'first of the victim');
    await service.kill();
    service = await rig.serve();
    assert.equal((await attacker.client.registerProgram(program)).registered, false);
    await assertProves(attacker, program, 'of the one who brought another ELF');
  });

  it('is removed when its owner tries it, and the owner may then bring the right one', async () => {
    const program = programOf(elfOf(312));
    await registerForeign(program);
    const requestId = await submit(attacker, program, 'of the attacker');
    await assertMismatch(requestId);
    assert.deepEqual(executedOn('of the attacker'), [sha256(foreignElf)]);
    await assert.rejects(submit(attacker, program, 'again'), isUnknown);
    await attacker.client.registerProgram(program);
    await assertProves(attacker, program, 'with the right one');
    assert.equal((await victim.client.registerProgram(program)).registered, false);
    await assertProves(victim, program, 'of another with the right one');
  });
});
