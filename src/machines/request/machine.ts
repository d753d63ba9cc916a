// The life of one proof request. Pure: it decides, actors do. Its snapshot is the truth, so its context is small plain data.
// A released id never changes its meaning: a new shape is a new version with a migration (`migrations.ts`), and every fixture must restore.
import { spawnChild, stopChild } from 'xstate';
import { endings, exhausted } from './endings.js';
import { admissionInput, freshContext, requestSetup, stageInput } from './rules.js';

/** Inner states of every stage that needs a lane. A restored effect says LANE_AWAITED first: its old lane is gone. */
const laneStates = {
  waiting: requestSetup.createStateConfig({
    description: 'Queued for a lane.',
    on: {
      LANE_GRANTED: { target: 'running', actions: { type: 'recordLane', params: ({ event }) => event.laneId } },
    },
  }),
  running: requestSetup.createStateConfig({
    description: 'A lane is working on it.',
    tags: 'running',
    on: { LANE_AWAITED: { target: 'waiting', actions: 'forgetLane' } },
  }),
};

const executed = requestSetup.createStateConfig({
  on: {
    EXECUTED: {
      actions: [
        { type: 'recordExecution', params: ({ event }) => event.execution },
        { type: 'recordTry', params: 'prove' },
      ],
    },
  },
}).on.EXECUTED.actions;

const executing = requestSetup.createStateConfig({
  description:
    'Inputs are pinned; nothing is known about the guest yet. Left when cycles, gas and public values are recorded, or when the guest fails.',
  initial: 'waiting',
  invoke: { src: 'execute', input: ({ context }) => stageInput(context, 'execute') },
  states: laneStates,
  on: {
    EXECUTED: [
      { guard: 'isSigned', target: 'signing', actions: executed },
      { target: 'proving', actions: executed },
    ],
    STAGE_FAILED: [
      ...endings,
      {
        guard: { type: 'isInnocent', params: ({ event }) => event.failure },
        target: 'executing',
        reenter: true,
        actions: 'forgetLane',
      },
      {
        // Only what is to be signed writes while it executes. The effect has paused.
        guard: { type: 'isDiskFull', params: ({ event }) => event.failure },
        target: 'executing',
        reenter: true,
        actions: 'forgetLane',
      },
      {
        guard: 'hasTriesLeft',
        target: 'executing',
        reenter: true,
        actions: [
          { type: 'recordFault', params: ({ event }) => event.failure },
          { type: 'recordTry', params: 'execute' },
        ],
      },
      ...exhausted,
    ],
  },
});

const attempting = requestSetup.createStateConfig({
  description: 'One try at the proof, on one lane.',
  initial: 'waiting',
  invoke: { src: 'prove', input: ({ context }) => stageInput(context, 'prove') },
  states: laneStates,
  on: {
    PROVEN: {
      target: '#request@3.open.verifying',
      actions: [
        { type: 'recordProof', params: ({ event }) => event.proof },
        { type: 'recordTry', params: 'verify' },
      ],
    },
    STAGE_FAILED: [
      ...endings,
      {
        guard: { type: 'isInnocent', params: ({ event }) => event.failure },
        target: 'attempting',
        reenter: true,
        actions: 'forgetLane',
      },
      {
        guard: { type: 'isDiskFull', params: ({ event }) => event.failure },
        target: 'backingOff',
        actions: { type: 'recordBackOff', params: ({ event }) => event.at },
      },
      {
        guard: { type: 'isRepeatedAndHeld', params: ({ event }) => event },
        target: '#request@3.open.held',
        actions: [
          { type: 'recordRepetition', params: ({ event }) => event.failure },
          { type: 'recordHold', params: ({ event }) => event },
        ],
      },
      {
        guard: { type: 'isRepeated', params: ({ event }) => event.failure },
        target: '#request@3.failed',
        actions: { type: 'recordRepetition', params: ({ event }) => event.failure },
      },
      {
        guard: 'hasTriesLeft',
        target: 'backingOff',
        actions: [
          { type: 'recordFault', params: ({ event }) => event.failure },
          { type: 'recordBackOff', params: ({ event }) => event.at },
        ],
      },
      ...exhausted,
    ],
  },
});

const proving = requestSetup.createStateConfig({
  description: 'The execution is recorded. Left when a proof is on disk, or when no further try makes sense.',
  initial: 'attempting',
  on: {
    PROOF_FOUND: {
      target: 'verifying',
      actions: [
        // Its file is named after a try that is not made.
        { type: 'recordTry', params: 'prove' },
        { type: 'recordProof', params: ({ event }) => event.proof },
        { type: 'recordTry', params: 'verify' },
      ],
    },
  },
  states: {
    attempting,
    backingOff: {
      description: 'The last try failed for a reason that may pass. Left at an absolute time.',
      // Zero is never reached: backingOff is entered through recordBackOff only.
      invoke: { src: 'backOff', input: ({ context }) => ({ at: context.retryAt ?? 0 }) },
      on: { RETRY_DUE: { target: 'attempting', actions: { type: 'recordTry', params: 'prove' } } },
    },
  },
});

const verifying = requestSetup.createStateConfig({
  description:
    'A proof exists on disk and its digest is recorded. Left when the engine has verified it; a rejected proof is made once more, and one that was found at the network is not.',
  initial: 'waiting',
  invoke: { src: 'verify', input: ({ context }) => stageInput(context, 'verify') },
  states: laneStates,
  on: {
    VERIFIED: { target: '#request@3.fulfilled', actions: 'forgetLane' },
    STAGE_FAILED: [
      {
        guard: { type: 'isFoundAndFailed', params: ({ event }) => event.failure },
        target: '#request@3.failed',
        actions: 'recordElsewhere',
      },
      {
        guard: { type: 'isLastRejection', params: ({ event }) => event.failure },
        target: '#request@3.failed',
        actions: { type: 'recordFailure', params: ({ event }) => event.failure },
      },
      {
        guard: { type: 'isRejectedProof', params: ({ event }) => event.failure },
        target: 'proving',
        actions: ['recordRejection', { type: 'recordTry', params: 'prove' }],
      },
      ...endings,
      {
        guard: { type: 'isInnocent', params: ({ event }) => event.failure },
        target: 'verifying',
        reenter: true,
        actions: 'forgetLane',
      },
      {
        guard: 'hasTriesLeft',
        target: 'verifying',
        reenter: true,
        actions: [
          { type: 'recordFault', params: ({ event }) => event.failure },
          { type: 'recordTry', params: 'verify' },
        ],
      },
      ...exhausted,
    ],
  },
});

const signing = requestSetup.createStateConfig({
  description:
    'Mode tee: the public values are recorded, with the word of the process that has seen the execution. Left when a signature is on disk. It goes back to executing when that word is missing or of another process.',
  initial: 'waiting',
  invoke: { src: 'sign', input: ({ context }) => stageInput(context, 'prove') },
  states: {
    waiting: {
      description: 'No key signs now: none is registered, or too little of its life is left.',
      on: { SIGNER_FOUND: 'running' },
    },
    running: {
      description: 'A key signs.',
      tags: 'running',
      on: { SIGNER_AWAITED: 'waiting' },
    },
  },
  on: {
    SIGNED: {
      target: '#request@3.fulfilled',
      actions: { type: 'recordProof', params: ({ event }) => event.proof },
    },
    UNVOUCHED: { target: 'executing', actions: ['forgetExecution', { type: 'recordTry', params: 'execute' }] },
    STAGE_FAILED: [
      ...endings,
      {
        guard: { type: 'isInnocent', params: ({ event }) => event.failure },
        target: 'signing',
        reenter: true,
      },
      {
        guard: 'hasTriesLeft',
        target: 'signing',
        reenter: true,
        actions: [
          { type: 'recordFault', params: ({ event }) => event.failure },
          { type: 'recordTry', params: 'prove' },
        ],
      },
      ...exhausted,
    ],
  },
});

const held = requestSetup.createStateConfig({
  description: 'Failed for a reason that is ours. Waits for an operator, or for its time.',
  tags: 'held',
  // Zero is never reached: held is entered through recordHold only.
  invoke: { src: 'hold', input: ({ context }) => ({ at: context.heldUntil ?? 0 }) },
  on: {
    // The stage in which it failed, as far as it had come.
    RETRY: [
      {
        guard: 'isUnexecuted',
        target: 'executing',
        actions: ['recordRetry', { type: 'recordTry', params: 'execute' }],
      },
      { guard: 'isSigned', target: 'signing', actions: ['recordRetry', { type: 'recordTry', params: 'prove' }] },
      { guard: 'isUnproven', target: 'proving', actions: ['recordRetry', { type: 'recordTry', params: 'prove' }] },
      { target: 'verifying', actions: ['recordRetry', { type: 'recordTry', params: 'verify' }] },
    ],
    END_HOLD: '#request@3.failed',
    HOLD_OVER: '#request@3.failed',
  },
});

export const requestMachine = requestSetup.createMachine({
  id: 'request@3',
  context: ({ input }) => freshContext(input),
  initial: 'open',
  states: {
    open: {
      tags: 'open',
      description: 'Somebody still waits for it: the deadline runs and it can be cancelled.',
      invoke: { id: 'deadline', src: 'deadline', input: ({ context }) => ({ at: context.deadlineAt }) },
      on: {
        // The timer is the invoked one still, and ends with this state: it has its id.
        DEADLINE_MOVED: {
          actions: [
            { type: 'recordDeadline', params: ({ event }) => event.deadlineAt },
            stopChild('deadline'),
            spawnChild('deadline', { id: 'deadline', input: ({ context }) => ({ at: context.deadlineAt }) }),
          ],
        },
        PRIORITY_SET: { actions: { type: 'recordPriority', params: ({ event }) => event.priority } },
        CANCEL: { target: 'cancelled', actions: 'forgetLane' },
        GIVE_UP: {
          target: 'failed',
          actions: { type: 'recordFailure', params: ({ event }) => event.failure },
        },
        DEADLINE_PASSED: { target: 'expired', actions: 'forgetLane' },
      },
      initial: 'requested',
      states: {
        requested: {
          description: 'Durable, its id answered, its artifacts referenced. Left when the dispatcher admits it.',
          invoke: { src: 'admit', input: ({ context }) => admissionInput(context) },
          on: { ADMITTED: 'executing' },
        },
        executing,
        proving,
        verifying,
        signing,
        held,
      },
    },
    fulfilled: {
      type: 'final',
      tags: 'terminal',
      description: 'Verified or signed, and durable. The proof is downloadable until its retention ends.',
    },
    failed: {
      type: 'final',
      tags: 'terminal',
      description: 'The cause is recorded, lanes are free, the input is deleted.',
    },
    cancelled: { type: 'final', tags: 'terminal', description: 'Given up by its requester. Work has stopped.' },
    expired: { type: 'final', tags: 'terminal', description: 'The deadline passed first. Work has stopped.' },
  },
});
