// `--report-executions try`: whether a prover may say why a guest has failed is not known of the network. It is tried, and the first "no" is believed.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fromBinary } from '@bufbuild/protobuf';
import {
  ExecuteFailureCause,
  ExecutionStatus,
  FailExecutionRequestSchema,
  FulfillmentStatus,
} from '../../src/gen/network/network_pb.js';
import { createNetworkWorld, type NetworkWorld } from '../../src/testkit/fakeNetwork/networkWorld.js';
import type { Switches } from '../../src/testkit/fakeNetwork/switches.js';

type Test = { after(work: () => Promise<void>): void };

async function started(
  t: Test,
  switches: Partial<Switches>,
  reportExecutions: 'off' | 'try' = 'try',
): Promise<NetworkWorld> {
  const made = await createNetworkWorld({ switches, settings: { reportExecutions } });
  t.after(() => made.end());
  // The owner is known.
  await made.clock.advance(1_000);
  return made;
}

/** A request whose guest fails, when all is over: as the network has it. */
async function failed(made: NetworkWorld, text: string) {
  const client = await made.ask(text, { guestFails: true });
  await made.untilAllEnded();
  const [request] = made.requestsOf(client);
  assert.ok(request);
  assert.deepEqual([request.fulfillment, request.error], [FulfillmentStatus.UNFULFILLABLE, 1]);
  return request;
}

const verdicts = (made: NetworkWorld, ...methods: string[]) =>
  made.core.record.calls
    .filter(({ method }) => methods.includes(method))
    .map(({ method, verdict }) => [method, verdict]);

describe('--report-executions', { timeout: 60_000 }, () => {
  it('try: the network hears the cause of a failed guest, and then that there will be no proof', async (t) => {
    const made = await started(t, { proverMayFailExecution: 'accept' });
    const request = await failed(made, 'fails');
    assert.deepEqual(
      [request.execution, request.executeFailCause],
      [ExecutionStatus.UNEXECUTABLE, ExecuteFailureCause.BREAKPOINT],
    );
    assert.deepEqual(verdicts(made, 'FailExecution', 'FailFulfillment'), [
      ['FailExecution', 'accepted'],
      ['FailFulfillment', 'accepted'],
    ]);
    const [call] = made.core.record.of('FailExecution');
    const { body } = fromBinary(FailExecutionRequestSchema, call?.raw ?? new Uint8Array());
    assert.equal(Buffer.from(body?.requestId ?? []).toString('hex'), request.requestId);
    assert.equal(body?.executeFailCause, ExecuteFailureCause.BREAKPOINT);
    assert.deepEqual(made.core.invariants(), []);
  });

  for (const nonceConsumedOnRefusal of [false, true])
    it(`try: the first refusal turns it off, whether or not that uses the nonce up (${nonceConsumedOnRefusal})`, async (t) => {
      const made = await started(t, { proverMayFailExecution: 'refuse', nonceConsumedOnRefusal });
      await failed(made, 'first');
      await failed(made, 'second');
      assert.deepEqual(verdicts(made, 'FailExecution', 'FailFulfillment'), [
        ['FailExecution', 'refused'],
        ['FailFulfillment', 'accepted'],
        ['FailFulfillment', 'accepted'],
      ]);
    });

  it('try: a network that does not know the call turns it off', async (t) => {
    const made = await started(t, { proverMayFailExecution: 'accept' });
    made.core.faults.set('FailExecution', { kind: 'status', name: 'unimplemented', text: 'unknown', effect: false });
    await failed(made, 'first');
    await failed(made, 'second');
    assert.equal(made.core.record.of('FailExecution').length, 1);
  });

  it('try: an answer that is lost is not asked for again, and keeps no report from being made', async (t) => {
    const made = await started(t, { proverMayFailExecution: 'accept' });
    made.core.faults.set('FailExecution', { kind: 'lostAfter' });
    await failed(made, 'lost');
    assert.deepEqual(verdicts(made, 'FailExecution', 'FailFulfillment'), [
      ['FailExecution', 'lost'],
      ['FailFulfillment', 'accepted'],
    ]);
    await failed(made, 'the next one');
    assert.equal(made.core.record.of('FailExecution').length, 2);
  });

  it('off, which is usual: the network hears no cause', async (t) => {
    const made = await started(t, { proverMayFailExecution: 'accept' }, 'off');
    const request = await failed(made, 'fails');
    assert.equal(request.execution, ExecutionStatus.UNEXECUTED);
    assert.deepEqual(verdicts(made, 'FailExecution'), []);
  });
});
