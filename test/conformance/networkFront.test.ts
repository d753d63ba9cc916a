// The stock Rust sp1-sdk in Reserved mode through the front, to the fake network, and back. The proofs are fake ones of the modes that the
// SDK decodes and would not verify.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { ExecuteFailureCause, ExecutionStatus, FulfillmentStatus } from '../../src/gen/network/network_pb.js';
import { type Address, parseRequestId } from '../../src/ids.js';
import { sampleStdin } from '../../src/testkit/artifacts/sampleArtifacts.js';
import { fakePublicValues } from '../../src/testkit/engine/fakeProof.js';
import { type NetworkRig, startNetworkRig } from '../../src/testkit/fakeNetwork/networkRig.js';
import { fakePublicValuesOfU32, fibonacciVk, stdinSha256OfU32 } from '../../src/testkit/sdk/rustSdk.js';
import { frontRequester, u32 } from './frontRequester.js';

const other = 'b0'.repeat(20) as Address;
const badGuest = 803;
const secret = Buffer.from('an input that must never leave the front');

describe('sp1-sdk 6.10.0 through a private front', { timeout: 600_000 }, () => {
  let made: NetworkRig;
  before(async () => {
    const rules = [
      {
        on: 'execute' as const,
        stdinSha256: stdinSha256OfU32(badGuest),
        act: { kind: 'guestFailure' as const, cause: 1, exitCode: 1 },
      },
    ];
    made = await startNetworkRig({ script: { vk: await fibonacciVk(), rules } });
  });
  after(() => made.end());

  const callsOf = (method: string, signer: Address) =>
    made.network.record.of(method).filter((call) => call.signer === signer);
  const codesOf = (method: string) => made.network.record.of(method).map(({ code }) => code);
  const inputs = () => readdirSync(join(made.rig.data, 'artifacts', 'stdin'), { recursive: true, encoding: 'utf8' });

  it('T35, T38: registers a program that nobody knew, though the bucket fails once', async () => {
    made.network.faults.set('PutObject', { kind: 'http', status: 503 });
    const requester = frontRequester(made, 1, made.prover);
    const { code, report } = await requester.prove(u32(801));
    assert.equal(code, 0, JSON.stringify(report));
    assert.equal(report.publicValues, fakePublicValuesOfU32(801));
    assert.deepEqual(codesOf('CreateProgram'), [0]);
    // The failure was met.
    assert.equal(made.network.faults.nextOfStore('PutObject'), undefined);
  });

  it('T1, T5, T38: of that program another gets a plonk proof, under an id that the network has once, though the answer was lost', async () => {
    made.network.faults.set('RequestProof', { kind: 'lostAfter' });
    const requester = frontRequester(made, 2, made.prover);
    const { code, report } = await requester.prove(['--input-hex', secret.toString('hex')], '--proof-mode', 'plonk');
    assert.equal(code, 0, JSON.stringify(report));
    assert.equal(report.publicValues, fakePublicValues(sampleStdin(secret)).toString('hex'));
    const [found, ...more] = requester.requests();
    assert.deepEqual([found?.requestId, more], [parseRequestId(report.requestId ?? ''), []]);
    await made.network.record.waitFor(() => found?.fulfillment === FulfillmentStatus.FULFILLED);
    assert.equal(found?.accepted, 1);
    // "Not found" was not kept: it was not registered once more.
    assert.deepEqual(codesOf('CreateProgram'), [0]);
    assert.deepEqual(made.network.invariants([secret]), []);
  });

  it('T38: behind another front the SDK uploads no program that the network has: it is fetched from there', async (t) => {
    const another = await startNetworkRig({
      flags: { 'network-hosts': '127.0.0.1' },
      network: { switches: { programUri: 'public' } },
      script: { vk: await fibonacciVk() },
    });
    t.after(() => another.end());
    for (const [id, artifact] of made.network.ledger.artifacts) another.network.ledger.artifacts.set(id, artifact);
    for (const [vkHash, program] of made.network.ledger.programs) another.network.ledger.programs.set(vkHash, program);
    const { code, report } = await frontRequester(another, 8, another.prover).prove(u32(806));
    assert.equal(code, 0, JSON.stringify(report));
    assert.equal(report.publicValues, fakePublicValuesOfU32(806));
    assert.deepEqual(another.network.record.of('CreateProgram'), []);
    assert.equal(another.service.lines.filter(({ event }) => event === 'network.program_fetched').length, 1);
  });

  describe('where the network says nothing of reservations', { concurrency: true }, () => {
    before(() => {
      const text = 'not served';
      made.network.faults.set(
        'GetFilteredReservations',
        { kind: 'status', name: 'unimplemented', text, effect: false },
        {},
      );
    });

    it('T27: without one it ends at once, in the words of the network', async () => {
      const requester = frontRequester(made, 3);
      const { code, report } = await requester.prove(u32(802), '--expect', 'refused');
      assert.equal(code, 0, JSON.stringify(report));
      assert.match(report.error?.text ?? '', /no reservation found for requester/);
      assert.equal(callsOf('RequestProof', requester.address).length, 1);
      assert.deepEqual(requester.requests(), []);
    });

    it('T26: what the network assigns to another is refused in the words that are known for it, never reported, and its input is gone', async () => {
      const requester = frontRequester(made, 4, other);
      const { code, report } = await requester.prove(u32(804), '--expect', 'refused');
      assert.equal(code, 0, JSON.stringify(report));
      assert.equal(report.error?.grpcCode, 'PermissionDenied');
      const words = 'The proof request is not associated with a fulfiller with private proving enabled';
      assert.equal(report.error.grpcMessage, words);
      // It was asked for once, and cannot be taken back there.
      const [found, ...more] = requester.requests();
      assert.deepEqual([found?.fulfiller, found?.fulfillment, more], [other, FulfillmentStatus.ASSIGNED, []]);
      assert.ok(found);
      const name = found.body.stdinUri.split('/').at(-1) ?? '';
      await made.network.record.waitFor(() => !inputs().some((each) => each.includes(name)));
      const reports = ['FulfillProof', 'FailFulfillment'].flatMap((method) => made.network.record.of(method));
      assert.ok(!reports.some(({ raw }) => Buffer.from(raw).includes(Buffer.from(found.requestId, 'hex'))));
    });

    it('T30: a guest that fails is told to its client long before the deadline, and to the network as error 1', async () => {
      const requester = frontRequester(made, 5, made.prover);
      const { code, report } = await requester.prove(u32(badGuest), '--expect', 'unexecutable');
      assert.equal(code, 0, JSON.stringify(report));
      assert.equal(report.executionStatus, ExecutionStatus.UNEXECUTABLE);
      assert.equal(report.executeFailCause, ExecuteFailureCause.HALT_WITH_NON_ZERO_EXIT_CODE);
      // At which it would otherwise learn of it.
      assert.ok(report.finishedAtMs / 1000 < (report.deadline ?? 0) - 60, JSON.stringify(report));
      const [found] = requester.requests();
      await made.network.record.waitFor(() => found?.fulfillment === FulfillmentStatus.UNFULFILLABLE);
      assert.deepEqual([found?.error, found?.accepted], [1, 0]);
    });

    for (const [keyByte, options, words] of [
      [6, ['--network', 'mainnet', '--strategy', 'auction'], /network_for\(NetworkMode::Reserved\)/],
      [7, ['--strategy', 'hosted'], /strategy\(FulfillmentStrategy::Reserved\)/],
    ] as const)
      it(`T40, rule 10: with ${options.join(' ')} it reads what to set, and nothing is asked for`, async () => {
        const requester = frontRequester(made, keyByte, made.prover);
        const { code, report } = await requester.prove(u32(805), ...options, '--expect', 'refused');
        assert.equal(code, 0, JSON.stringify(report));
        assert.equal(report.error?.grpcCode, 'FailedPrecondition');
        assert.match(report.error.grpcMessage ?? '', words);
        assert.deepEqual(callsOf('RequestProof', requester.address), []);
      });
  });
});
