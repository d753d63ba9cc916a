// What is signed and what it stands for: identities, nonces, and calls that are made again because their answer was lost.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { Fields, message } from '../../src/testkit/sdk/fields.js';
import { programOf } from '../../src/testkit/sdk/program.js';
import { freshText, type Sdk } from '../../src/testkit/sdk/sdk.js';
import { sdkRig } from '../../src/testkit/sdk/sdkRig.js';
import { code, TonicStatus } from '../../src/testkit/sdk/tonic.js';
import { httpExchange } from '../../src/testkit/sdk/transfer.js';
import { sdk5, sdk610, sdkVersions } from '../../src/testkit/sdk/versions.js';
import { stdinOf } from '../../src/testkit/service/serviceRequests.js';

const flavours = ['base', 'auction'] as const;
const isRefusal = (wanted: number, detail: RegExp) => (error: unknown) =>
  error instanceof TonicStatus && error.code === wanted && detail.test(error.detail);
const folder = mkdtempSync(join(tmpdir(), 'wire-'));
const journalPath = join(folder, 'engine.log');
after(() => rmSync(folder, { recursive: true }));
/** How many proofs of a stdin artifact engines have begun. */
const proofsOf = (stdin: Uint8Array) => {
  const line = `prove ${createHash('sha256').update(stdin).digest('hex')}`;
  return readFileSync(journalPath, 'utf8')
    .split('\n')
    .filter((each) => each === line).length;
};

describe('signed calls', { timeout: 600_000 }, () => {
  const on = sdkRig({ script: { journalPath } });

  it('check 2, rule 2: an upload is its signer’s, with v of 54 or 55 and of 27 or 28', async () => {
    for (const keyByte of [1, 2, 3, 4]) {
      const sdk = on.sdk(sdk610, 'base', { keyByte });
      await sdk.register();
      const stdin = stdinOf(freshText());
      const signature = sdk.signer.signArtifactCreation();
      assert.ok([54, 55].includes(signature[64] as number));
      signature[64] = (signature[64] as number) - 27;
      const created = await sdk.call('CreateArtifact', message({ 1: signature, 2: 2n }), 'artifact.ArtifactStore');
      const answer = new Fields(created, { 1: 'length', 2: 'length' });
      assert.equal((await httpExchange('PUT', answer.text(2), stdin)).status, 200);
      const prepared = { ...(await sdk.prepare(stdin)), stdinUri: answer.text(1) };
      assert.deepEqual(await sdk.wait(await sdk.requestOnce(prepared)), sdk.program.proofOf(stdin));
    }
  });

  for (const flavour of flavours) {
    it(`check 3, rule 3: a ${flavour} body with fields of the future is verified over all its bytes`, async () => {
      const sdk = on.sdk(sdk610, flavour);
      await sdk.register();
      const stdin = stdinOf(freshText());
      const known = await sdk.body(await sdk.prepare(stdin, { isPrivate: true }), await sdk.nonce());
      const body = Buffer.concat([known, message({ 22: 'of the future', 99: 7n, 1000: Buffer.alloc(40, 1) })]);
      assert.deepEqual(await sdk.wait(await sdk.sendBody(body)), sdk.program.proofOf(stdin));
      // A signature without them recovers to another address.
      const other = await sdk.prepare(stdinOf(freshText()));
      const short = await sdk.body(other, await sdk.nonce());
      const long = Buffer.concat([short, message({ 99: 7n })]);
      await assert.rejects(
        sdk.call('RequestProof', message({ 1: 1n, 2: sdk.signer.sign(short), 3: long })),
        isRefusal(code.permissionDenied, /did not sign/),
      );
    });

    it(`a ${flavour} call signed with the other s is the same call`, async () => {
      const sdk = on.sdk(sdk610, flavour);
      await sdk.register();
      const body = await sdk.body(await sdk.prepare(stdinOf(freshText())), await sdk.nonce());
      const requestId = await sdk.sendBody(body);
      const answer = await sdk.call('RequestProof', message({ 1: 1n, 2: withOtherS(sdk.signer.sign(body)), 3: body }));
      assert.deepEqual(new Fields(answer, { 1: 'length' }).hex(1), requestId);
    });

    it(`check 5: ten ${flavour} proofs at once from one key all succeed, as do two that use one nonce`, async () => {
      const sdk = on.sdk(sdk5, flavour);
      await sdk.register();
      const proveAll = Array.from({ length: 10 }, async () => {
        const stdin = stdinOf(freshText());
        assert.deepEqual(await sdk.wait(await sdk.request(stdin)), sdk.program.proofOf(stdin));
      });
      await Promise.all(proveAll);

      const nonce = await sdk.nonce();
      const [one, other] = [await sdk.prepare(stdinOf(freshText())), await sdk.prepare(stdinOf(freshText()))];
      const bodies = [await sdk.body(one, nonce), await sdk.body(other, nonce)];
      const outcomes = await Promise.allSettled(bodies.map((body) => sdk.sendBody(body)));
      const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
      assert.equal(refused.length, 1);
      assert.ok(isRefusal(code.aborted, /^Invalid nonce/)(refused[0]?.reason));
      // ABORTED is what makes the SDK fetch another one.
      await sdk.attempt(() => sdk.requestOnce(outcomes[0]?.status === 'rejected' ? one : other));
    });
  }

  // That a minute may pass between the two is in src/rpc/signed/nonces.test.ts, which owns its time.
  it('check 17: two nonces are accepted in reverse order, over a restart between them', async () => {
    for (const flavour of flavours) {
      const sdk = on.sdk(sdk610, flavour);
      await sdk.register();
      const [first, second] = [await sdk.nonce(), await sdk.nonce()];
      assert.ok(second > first);
      const stdins = [stdinOf(freshText()), stdinOf(freshText())] as const;
      const late = await sdk.sendBody(await sdk.body(await sdk.prepare(stdins[1]), second));
      const early = await sdk.prepare(stdins[0]);
      await on.service.kill();
      on.service = await on.rig.serve();
      const body = await sdk.attempt(() => sdk.body(early, first));
      assert.deepEqual(await sdk.wait(await sdk.sendBody(body)), sdk.program.proofOf(stdins[0]));
      assert.deepEqual(await sdk.wait(late), sdk.program.proofOf(stdins[1]));
      const again = await sdk.body(await sdk.prepare(stdinOf(freshText())), second);
      await assert.rejects(sdk.sendBody(again), isRefusal(code.aborted, /^Invalid nonce/));
    }
  });

  for (const version of sdkVersions) {
    for (const flavour of flavours) {
      it(`check 6, rule 10: ${version.name} ${flavour} asks again after a lost answer and gets the one id, and one proof is made`, async () => {
        const sdk = on.sdk(version, flavour, { keyByte: 9 });
        await sdk.register();
        const stdin = stdinOf(freshText());
        const prepared = await sdk.prepare(stdin, { isPrivate: true });
        const lost = await sdk.body(prepared, await sdk.nonce());
        await sdk.lose('RequestProof', sdk.signed(lost));
        const requestId = await sdk.attempt(() => sdk.requestOnce(prepared));
        assert.equal(await sdk.attempt(() => sdk.requestOnce(prepared)), requestId);
        assert.equal(await sdk.sendBody(lost), requestId);
        assert.deepEqual(await sdk.wait(requestId), sdk.program.proofOf(stdin));
        assert.equal(await sdk.attempt(() => sdk.requestOnce(prepared)), requestId);
        assert.equal(proofsOf(stdin), 1);
      });
    }
  }

  it('for the same input in the other flavour is a conflict, and says so', async () => {
    const [base, auction] = [on.sdk(sdk610, 'base'), on.sdk(sdk610, 'auction')];
    await base.register();
    const prepared = await base.prepare(stdinOf(freshText()));
    await base.requestOnce(prepared);
    const { params } = await auction.prepare(stdinOf(freshText()));
    await assert.rejects(
      auction.requestOnce({ ...prepared, params }),
      isRefusal(code.invalidArgument, /with another flavour/),
    );
  });
});

describe('programs', { timeout: 600_000 }, () => {
  const on = sdkRig();

  it('may be registered again, by two at once, and in either flavour', async () => {
    const [alice, bob] = [on.sdk(sdk5, 'base'), on.sdk(sdk610, 'auction', { keyByte: 2 })];
    const create = async (sdk: Sdk) => {
      const uri = await sdk.upload(1n, sdk.program.artifact);
      const { vk, vkHash } = sdk.program;
      return sdk.createProgram(message({ 1: await sdk.nonce(), 2: vkHash, 3: vk, 4: uri }));
    };
    for (const answer of await Promise.all([create(alice), create(bob), create(bob)]))
      assert.equal(new Fields(answer, { 1: 'length' }).bytes(1).byteLength, 32);
    await assert.rejects(registered(alice), isRefusal(code.notFound, /No program/));
    await alice.wait(await alice.request(stdinOf(freshText())));
    const { owner, uri } = await registered(alice);
    await create(bob);
    assert.deepEqual(await registered(bob), { owner, uri });
    assert.equal(await bob.register(), false);
  });

  async function registered(sdk: Sdk): Promise<{ owner: string; uri: string }> {
    const answer = new Fields(await sdk.call('GetProgram', message({ 1: sdk.program.vkHash })), { 1: 'length' });
    const program = new Fields(answer.bytes(1), { 3: 'length', 5: 'length' });
    return { owner: program.hex(5), uri: program.text(3) };
  }

  it('rule 8: are NOT_FOUND when they are unknown, and never for another reason', async () => {
    const sdk = on.sdk(sdk610, 'base');
    const unknown = programOf(200);
    await assert.rejects(
      sdk.call('GetProgram', message({ 1: unknown.vkHash })),
      isRefusal(code.notFound, /No program/),
    );
    for (const hash of [Buffer.alloc(0), Buffer.alloc(31), Buffer.alloc(33)])
      await assert.rejects(sdk.call('GetProgram', message({ 1: hash })), isRefusal(code.invalidArgument, /vk_hash/));
    await assert.rejects(sdk.call('GetProgram', Buffer.from('ffff', 'hex')), isRefusal(code.invalidArgument, /./));
  });

  it('of SP1 5 are refused for good, with what is proved here and which SDKs have it', async () => {
    const sdk = on.sdk(sdk5, 'auction');
    const programUri = await sdk.upload(1n, sdk.program.artifact);
    // A key of SP1 5 has a part for each chip: some hundred bytes.
    const body = message({ 1: await sdk.nonce(), 2: Buffer.alloc(32, 5), 3: Buffer.alloc(777, 5), 4: programUri });
    await assert.rejects(
      sdk.createProgram(body),
      isRefusal(code.failedPrecondition, /A vk of 777 bytes .* proves sp1-v6\.1\.0, the circuits of sp1-sdk 6\.1\.0/),
    );
    await sdk.register();
    for (const version of ['sp1-v5.0.0', 'sp1-v6.0.0', ''])
      await assert.rejects(
        sdk.request(stdinOf(freshText()), { version }),
        isRefusal(code.failedPrecondition, /Circuit version .* This service proves sp1-v6\.1\.0/),
      );
  });
});

/** The other one of the two signatures that recover to the same key. */
function withOtherS(signature: Uint8Array): Uint8Array {
  const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
  const s = order - BigInt(`0x${Buffer.from(signature.subarray(32, 64)).toString('hex')}`);
  const parity = (signature[64] as number) - 27;
  return Buffer.concat([
    signature.subarray(0, 32),
    Buffer.from(s.toString(16).padStart(64, '0'), 'hex'),
    Buffer.of(28 - parity),
  ]);
}
