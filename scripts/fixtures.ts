// Records a persisted snapshot of the request machine in every resting state. Run once for a release, never again for the same
// machine: what is committed must restore for ever.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createActor } from 'xstate';
import { fail } from '../src/errors.js';
import { laneId, type RequestId } from '../src/ids.js';
import { requestMachine } from '../src/machines/request.js';
import type { RequestEvent } from '../src/machines/requestRules.js';
import { statePath } from '../src/machines/requestView.js';
import { execution, proof, proofRequest } from '../src/testkit/requests.js';

const folder = `src/machines/fixtures/${requestMachine.id}`;
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
  [...path.slice(0, 3), { type: 'CANCEL' }],
  [...path.slice(0, 3), { type: 'DEADLINE_PASSED' }],
];

mkdirSync(folder, { recursive: true });
for (const way of ways) {
  const actor = createActor(requestMachine, {
    input: proofRequest({ requestId: 'ee'.repeat(32) as RequestId, deadlineAt: Date.UTC(2100, 0, 1) }),
  }).start();
  for (const event of way) actor.send(event);
  const name = statePath(actor.getSnapshot().value);
  const file = `${folder}/${name}.json`;
  const envelope = {
    machine: requestMachine.id,
    seq: way.length,
    at: 1000 + way.length,
    snapshot: actor.getPersistedSnapshot(),
  };
  if (!existsSync(file)) writeFileSync(file, `${JSON.stringify(envelope, null, 2)}\n`);
  actor.stop();
}
