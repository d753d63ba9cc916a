// The life of one report to the network: who proves the request, what became of it here, and whether the network has it. Pure: it decides,
// actors do. A request is never reported twice: whatever is not a plain "accepted" leads to a look at the request before another try.
// A released id never changes its meaning: a new shape is `delivery@2` with a migration, and every fixture must still restore.
import { deliverySetup, freshDelivery } from './rules.js';

/** The network has ended it, as its lists say. */
const terminalNews = deliverySetup.createStateConfig({
  on: {
    NETWORK_TERMINAL: [
      {
        guard: { type: 'wasOurs', params: ({ event }) => event.end === 'fulfilled' && event.ours },
        target: 'delivered',
      },
      { guard: { type: 'isFulfilled', params: ({ event }) => event.end }, target: 'superseded' },
      { target: 'released', actions: { type: 'recordGivenUp', params: ({ event }) => event.error } },
    ],
  },
}).on.NETWORK_TERMINAL;

/** An operator has: whoever says so knows that nothing can come of it any more. */
const givenUp = deliverySetup.createStateConfig({
  on: { GIVEN_UP: [{ guard: 'isRefused', target: 'refused' }, { target: 'expired' }] },
}).on.GIVEN_UP;

const closing = deliverySetup.createStateConfig({
  invoke: { src: 'close', input: ({ context }) => ({ at: context.closesAt }) },
}).invoke;

const assigning = deliverySetup.createStateConfig({
  description: 'The network has the request. Who proves it is not confirmed.',
  tags: 'open',
  invoke: [closing, { src: 'look', input: ({ context }) => ({ networkId: context.networkId }) }],
  on: {
    DETAILS_OURS: 'working',
    DETAILS_OTHER: 'foreign',
    NETWORK_TERMINAL: terminalNews,
    GIVEN_UP: 'expired',
    CLOSED: 'expired',
  },
});

const working = deliverySetup.createStateConfig({
  description: 'It is ours, and the proof is being made.',
  tags: 'open',
  invoke: [closing, { src: 'follow', input: ({ context }) => ({ localId: context.localId }) }],
  on: {
    PROVEN: [
      {
        guard: { type: 'isKept', params: ({ event }) => event.isKept },
        target: 'withheld',
        actions: { type: 'recordReport', params: ({ event }) => event.report },
      },
      { target: 'pending', actions: { type: 'recordReport', params: ({ event }) => event.report } },
    ],
    ENDED: { target: 'pending', actions: { type: 'recordReport', params: ({ event }) => event.report } },
    NETWORK_TERMINAL: terminalNews,
    ASSIGNED_ELSEWHERE: 'foreign',
    GIVEN_UP: 'expired',
    CLOSED: 'expired',
  },
});

const pending = deliverySetup.createStateConfig({
  description: "The report is durable and waits for the signer's turn, earliest deadline first.",
  tags: 'open',
  invoke: [
    closing,
    {
      src: 'turn',
      input: ({ context: { networkId, signer, deadlineAt, report, tries } }) => ({
        networkId,
        signer,
        deadlineAt,
        isFailure: report?.kind === 'fail',
        cause: report?.kind === 'fail' ? report.cause : undefined,
        tries,
      }),
    },
  ],
  on: {
    TURN_GRANTED: { target: 'submitting', actions: { type: 'recordTurn', params: ({ event }) => event } },
    // Proofs have become private since this one was to be reported.
    WITHHELD: 'withheld',
    NETWORK_TERMINAL: terminalNews,
    GIVEN_UP: givenUp,
    CLOSED: 'expired',
  },
});

const submitting = deliverySetup.createStateConfig({
  description: 'Nonce and digest are durable, and the call is under way. A restored one never sends by itself.',
  tags: 'open',
  invoke: {
    src: 'send',
    // Neither is null here: a report leads to pending, and a nonce to this state.
    input: ({ context: { networkId, localId, signer, report, nonce, tries } }) => ({
      networkId,
      localId,
      signer,
      report: report ?? { kind: 'fail', error: null },
      nonce: nonce ?? '0',
      tries,
    }),
  },
  on: {
    ACCEPTED: [
      {
        guard: 'isFulfil',
        target: 'delivered',
        actions: { type: 'recordAcceptance', params: ({ event }) => event.tx },
      },
      { target: 'released', actions: { type: 'recordAcceptance', params: ({ event }) => event.tx } },
    ],
    NONCE_REFUSED: 'pending',
    REFUSED: [
      {
        guard: { type: 'isTooLong', params: ({ event }) => event.refusal },
        target: 'refused',
        actions: { type: 'recordRefusal', params: ({ event }) => event.refusal },
      },
      { target: 'confirming', actions: { type: 'recordRefusal', params: ({ event }) => event.refusal } },
    ],
    FATE_UNKNOWN: { target: 'confirming', actions: 'forgetRefusal' },
  },
});

const confirming = deliverySetup.createStateConfig({
  description: "What became of the call is not known, or it was refused. The request's state at the network decides.",
  tags: 'open',
  invoke: {
    src: 'read',
    input: ({ context: { networkId, signer, sentAt, nonce, refusal } }) => ({
      networkId,
      signer,
      sentAt: sentAt ?? 0,
      nonce: nonce ?? '0',
      isRefused: refusal !== null,
    }),
  },
  on: {
    SEEN_FULFILLED: [
      { guard: { type: 'wasOurs', params: ({ event }) => event.ours }, target: 'delivered' },
      { target: 'superseded' },
    ],
    SEEN_UNFULFILLABLE: [{ guard: 'isFulfil', target: 'refused' }, { target: 'released' }],
    SEEN_ASSIGNED: [
      { guard: 'isLastRefusal', target: 'refused' },
      { target: 'backingOff', actions: { type: 'recordBackOff', params: ({ event }) => event.at } },
    ],
    SEEN_OTHER: 'foreign',
    SEEN_EXPIRED: [
      { guard: { type: 'isClosing', params: ({ event }) => event.at }, target: 'expired' },
      { target: 'backingOff', actions: { type: 'recordBackOff', params: ({ event }) => event.at } },
    ],
  },
});

const backingOff = deliverySetup.createStateConfig({
  description: 'The network does not have the report, and another try is worth it at an absolute time.',
  tags: 'open',
  // Zero is never reached: it is entered through recordBackOff only.
  invoke: [closing, { src: 'backOff', input: ({ context }) => ({ at: context.retryAt ?? 0 }) }],
  on: {
    RETRY_DUE: { target: 'pending', actions: 'forgetRetry' },
    NETWORK_TERMINAL: terminalNews,
    GIVEN_UP: givenUp,
    CLOSED: 'expired',
  },
});

export const deliveryMachine = deliverySetup.createMachine({
  id: 'delivery@1',
  context: ({ input }) => freshDelivery(input),
  initial: 'assigning',
  states: {
    assigning,
    working,
    pending,
    submitting,
    confirming,
    backingOff,
    delivered: { type: 'final', tags: 'terminal', description: 'The network has our proof.' },
    released: { type: 'final', tags: 'terminal', description: 'The network knows that there will be no proof.' },
    superseded: {
      type: 'final',
      tags: 'terminal',
      description: 'Fulfilled, but by somebody else or by a call of ours from before a loss of data.',
    },
    refused: {
      type: 'final',
      tags: 'terminal',
      description:
        'The network says no for good, or an operator has taken its no as that. The proof stays readable here.',
    },
    expired: {
      type: 'final',
      tags: 'terminal',
      description: 'The deadline and its grace are over, or an operator has not waited for the rest of it.',
    },
    withheld: {
      type: 'final',
      tags: 'terminal',
      description: 'The operator keeps proofs private and says nothing. The network sees the request expire.',
    },
    foreign: { type: 'final', tags: 'terminal', description: 'It is not assigned to us.' },
  },
});
