// Records a persisted snapshot of each durable machine in every resting state. Run once for a release, never again for the same
// machine: what is committed must restore for ever.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { type AnyStateMachine, createActor, type EventObject } from 'xstate';
import { fail } from '../src/failures/fail.js';
import { laneId, type RequestId } from '../src/ids.js';
import { deliveryMachine } from '../src/machines/delivery/machine.js';
import { deliveryPath } from '../src/machines/delivery/view.js';
import { requestMachine } from '../src/machines/request/machine.js';
import type { RequestEvent } from '../src/machines/request/rules.js';
import { statePath } from '../src/machines/request/view.js';
import { signerMachine } from '../src/machines/signer/machine.js';
import type { SignerEvent, SignerFault } from '../src/machines/signer/rules.js';
import { signerPath } from '../src/machines/signer/view.js';
import { scriptedVkHash } from '../src/testkit/engine/scriptedLanes.js';
import { sampleSigner } from '../src/testkit/signers/sampleSigner.js';
import { deliveryStart, deliveryWays } from '../src/testkit/world/deliveries.js';
import { execution, proof, proofRequest, vouchedExecution } from '../src/testkit/world/requests.js';

const granted: RequestEvent = { type: 'LANE_GRANTED', laneId: laneId('cpu-prove-0') };
const refused: RequestEvent = {
  type: 'STAGE_FAILED',
  at: 1000,
  failure: fail('ENGINE_REFUSED', { laneId: laneId('cpu-prove-0'), detail: 'no' }),
};
const guest: RequestEvent = {
  type: 'STAGE_FAILED',
  at: 1000,
  failure: fail('GUEST_FAILED', { cause: 'BREAKPOINT', exitCode: 0, cycles: '7' }),
};
const ours: RequestEvent = {
  type: 'STAGE_FAILED',
  // It is held until a time that no test comes to.
  at: Date.UTC(2099, 0, 1),
  failure: fail('INTERNAL', { reference: 'ab' }),
  holdMs: 60_000,
};
const path: RequestEvent[] = [
  { type: 'ADMITTED' },
  granted,
  { type: 'EXECUTED', execution },
  granted,
  { type: 'PROVEN', proof },
  granted,
  { type: 'VERIFIED' },
];
const ways: RequestEvent[][] = [
  ...path.map((_, index) => path.slice(0, index)),
  path,
  [...path.slice(0, 4), refused],
  [...path.slice(0, 2), guest],
  [...path.slice(0, 4), ours],
  [...path.slice(0, 3), { type: 'CANCEL' }],
  [...path.slice(0, 3), { type: 'DEADLINE_PASSED' }],
];

const executedForSigning: RequestEvent[] = [
  { type: 'ADMITTED' },
  granted,
  { type: 'EXECUTED', execution: vouchedExecution },
];
const signedWays: RequestEvent[][] = [executedForSigning, [...executedForSigning, { type: 'SIGNER_FOUND' }]];

const no: SignerFault = { cause: 'rpc', helps: 'again', detail: 'the RPC is down' };
const never: SignerFault = { cause: 'refused', helps: 'nothing', detail: 'the measurement is not allowed' };
const { start, made, quoted, sent, confirmed } = sampleSigner;
const signerLife: SignerEvent[] = [made, quoted, sent, confirmed];
const signerWays: SignerEvent[][] = [
  ...signerLife.map((_, index) => signerLife.slice(0, index)),
  signerLife,
  [made, { type: 'QUOTE_FAILED', fault: no, at: 1000 }],
  [made, quoted, { type: 'SEND_FAILED', fault: no, at: 1000 }],
  [...signerLife, { type: 'SUPERSEDED' }],
  [...signerLife, { type: 'LIFE_SHORT' }],
  [...signerLife, { type: 'SUPERSEDED' }, { type: 'DRAINED' }],
  [made, quoted, { type: 'REVERTED', fault: never, at: 1000 }],
];

function record(
  machine: AnyStateMachine,
  input: object,
  all: EventObject[][],
  pathOf: (value: unknown) => string,
): void {
  const folder = `src/machines/fixtures/${machine.id}`;
  mkdirSync(folder, { recursive: true });
  for (const way of all) {
    const actor = createActor(machine, { input }).start();
    for (const event of way) actor.send(event);
    const file = `${folder}/${pathOf(actor.getSnapshot().value)}.json`;
    const snapshot = actor.getPersistedSnapshot();
    const envelope = { machine: machine.id, seq: way.length, at: 1000 + way.length, snapshot };
    if (!existsSync(file)) writeFileSync(file, `${JSON.stringify(envelope, null, 2)}\n`);
    actor.stop();
  }
}

const open = { requestId: 'ee'.repeat(32) as RequestId, deadlineAt: Date.UTC(2100, 0, 1) };
record(requestMachine, proofRequest(open), ways, statePath);
record(requestMachine, proofRequest({ ...open, mode: 'tee', vkHash: scriptedVkHash }), signedWays, statePath);
record(signerMachine, start, signerWays, signerPath);
for (const way of Object.values(deliveryWays)) record(deliveryMachine, deliveryStart(), [[...way]], deliveryPath);
