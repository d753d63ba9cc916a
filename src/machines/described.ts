// All machines, as people look at them.
import type { AnyStateMachine } from 'xstate';
import { deliveryMachine } from './delivery/machine.js';
import { deliveryGuards } from './delivery/rules.js';
import type { GuardSentences } from './describe.js';
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
}

export const describedMachines: Readonly<Record<string, Described>> = {
  request: { machine: requestMachine, guards: requestGuards, wrapping: ['open', 'attempting'] },
  lane: { machine: laneMachine, guards: laneGuards, wrapping: [] },
  delivery: { machine: deliveryMachine, guards: deliveryGuards, wrapping: ['open'] },
  signer: { machine: signerMachine, guards: signerGuards, wrapping: ['open'] },
};
