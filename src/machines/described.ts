// All machines, as people look at them.
import type { AnyStateMachine } from 'xstate';
import { deliveryMachine } from './delivery/machine.js';
import { deliveryGuards } from './delivery/rules.js';
import type { GuardSentences } from './describe.js';
import { deliveryPlate } from './drawings/delivery.js';
import { lanePlate } from './drawings/lane.js';
import type { Plate } from './drawings/plate.js';
import { requestPlate } from './drawings/request.js';
import { signerPlate } from './drawings/signer.js';
import { laneGuards, laneMachine } from './lane/machine.js';
import { requestMachine } from './request/machine.js';
import { requestGuards } from './request/rules.js';
import { signerMachine } from './signer/machine.js';
import { signerGuards } from './signer/rules.js';

interface Described {
  readonly machine: AnyStateMachine;
  readonly guards: GuardSentences;
  /** States that only hold others together. */
  readonly wrapping: readonly string[];
  readonly plate: Plate;
}

export const describedMachines: Readonly<Record<string, Described>> = {
  request: { machine: requestMachine, guards: requestGuards, wrapping: ['open', 'attempting'], plate: requestPlate },
  lane: { machine: laneMachine, guards: laneGuards, wrapping: [], plate: lanePlate },
  delivery: { machine: deliveryMachine, guards: deliveryGuards, wrapping: ['open'], plate: deliveryPlate },
  signer: { machine: signerMachine, guards: signerGuards, wrapping: ['open'], plate: signerPlate },
};
