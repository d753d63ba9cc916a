// The life of one signing key. Pure: it decides, actors do. The key itself is in none of its snapshots, and so no snapshot can bring it
// back: after a restart every signer ends, and another is made.
import { freshSigner, signerSetup } from './rules.js';

/** A fault that nothing helps against. A key that has signed is retired; one that never did is abandoned. */
const endings = signerSetup.createStateConfig({
  on: {
    REVERTED: [
      {
        guard: { type: 'isPermanentOfServed', params: ({ event }) => event.fault },
        target: '#signer@1.retired',
        actions: { type: 'recordEnd', params: ({ event }) => event },
      },
      {
        guard: { type: 'isPermanent', params: ({ event }) => event.fault },
        target: '#signer@1.abandoned',
        actions: { type: 'recordEnd', params: ({ event }) => event },
      },
    ],
    QUOTE_FAILED: [
      {
        guard: { type: 'isPermanentOfServed', params: ({ event }) => event.fault },
        target: '#signer@1.retired',
        actions: { type: 'recordEnd', params: ({ event }) => event },
      },
      {
        guard: { type: 'isPermanent', params: ({ event }) => event.fault },
        target: '#signer@1.abandoned',
        actions: { type: 'recordEnd', params: ({ event }) => event },
      },
    ],
  },
}).on;

const generating = signerSetup.createStateConfig({
  description: 'A key is being drawn; nobody outside knows of it.',
  invoke: { src: 'makeKey', input: ({ context }) => context },
  on: { KEY_MADE: { target: 'quoting', actions: { type: 'recordKey', params: ({ event }) => event } } },
});

const quoting = signerSetup.createStateConfig({
  description:
    'The address is known. Left when a quote over it and a recent block is there, or when none ever will be.',
  initial: 'running',
  states: {
    running: {
      description: 'The reference block is read and the quote is made.',
      invoke: { src: 'quote', input: ({ context }) => context },
      on: {
        QUOTED: {
          target: '#signer@1.open.registering',
          actions: { type: 'recordQuote', params: ({ event }) => event.quote },
        },
        QUOTE_FAILED: [
          ...endings.QUOTE_FAILED,
          { target: 'waiting', actions: { type: 'recordFault', params: ({ event }) => event } },
        ],
      },
    },
    waiting: {
      description: 'The last try failed for a reason that may pass. Left at an absolute time.',
      // Zero is never reached: it is entered through recordFault only.
      invoke: { src: 'backOff', input: ({ context }) => ({ at: context.retryAt ?? 0 }) },
      on: { RETRY_DUE: 'running' },
    },
  },
});

const registering = signerSetup.createStateConfig({
  description:
    'A quote exists; hash, nonce and fees of every transaction are on disk. Left when the registry knows the key.',
  initial: 'sending',
  on: {
    REVERTED: [
      ...endings.REVERTED,
      {
        guard: { type: 'needsNewQuote', params: ({ event }) => event.fault },
        // Not at once: over the same block it would be the same quote.
        target: '#signer@1.open.quoting.waiting',
        actions: { type: 'recordFault', params: ({ event }) => event },
      },
      { target: '.backingOff', actions: { type: 'recordFault', params: ({ event }) => event } },
    ],
    WINDOW_PASSED: 'quoting',
  },
  states: {
    sending: {
      description: 'The registration is tried without cost, then signed and sent.',
      invoke: { src: 'send', input: ({ context }) => context },
      on: {
        SENT: {
          target: 'confirming',
          actions: { type: 'recordTransaction', params: ({ event }) => event.transaction },
        },
        HANDED_OVER: 'confirming',
        SEND_FAILED: { target: 'backingOff', actions: { type: 'recordFault', params: ({ event }) => event } },
      },
    },
    confirming: {
      description: 'Left when the registration is as deep in the chain as is asked for.',
      invoke: { src: 'confirm', input: ({ context }) => context },
      on: {
        REPLACED: { actions: { type: 'recordTransaction', params: ({ event }) => event.transaction } },
        NONCE_TAKEN: 'sending',
        CONFIRMED: {
          target: '#signer@1.open.active',
          actions: { type: 'recordRegistration', params: ({ event }) => event },
        },
      },
    },
    backingOff: {
      description: 'It could not be sent for a reason that may pass. Left at an absolute time.',
      invoke: { src: 'backOff', input: ({ context }) => ({ at: context.retryAt ?? 0 }) },
      on: { RETRY_DUE: 'sending' },
    },
  },
});

export const signerMachine = signerSetup.createMachine({
  id: 'signer@1',
  context: ({ input }) => freshSigner(input),
  initial: 'open',
  states: {
    open: {
      tags: 'open',
      description: 'The key is in the memory of this process, and is overwritten as soon as this is left.',
      invoke: { src: 'holdKey', input: ({ context }) => context },
      on: {
        KEY_LOST: [
          { guard: 'wasActive', target: 'retired', actions: 'recordLoss' },
          { target: 'abandoned', actions: 'recordLoss' },
        ],
      },
      initial: 'generating',
      states: {
        generating,
        quoting,
        registering,
        active: {
          description: 'Registered, and as deep in the chain as is asked for. This key signs.',
          invoke: { src: 'watch', input: ({ context }) => context },
          on: {
            SUPERSEDED: 'overlapping',
            REGISTRATION_LOST: [
              {
                guard: { type: 'isInWindow', params: ({ event }) => event.inWindow },
                target: 'registering',
                actions: 'forgetRegistration',
              },
              { target: 'quoting', actions: 'forgetRegistration' },
            ],
            LIFE_SHORT: 'lapsed',
            REVOKED: '#signer@1.retired',
          },
        },
        overlapping: {
          description: 'A successor signs. Only signatures that were begun are finished.',
          invoke: [
            { src: 'drain', input: ({ context }) => context },
            { src: 'outlive', input: ({ context }) => context },
          ],
          on: { DRAINED: '#signer@1.retired', LIFE_OVER: '#signer@1.retired' },
        },
        lapsed: {
          description: 'Still registered, with too little life left and without a successor. It signs nothing.',
          invoke: { src: 'outlive', input: ({ context }) => context },
          on: { SUPERSEDED: '#signer@1.retired', LIFE_OVER: '#signer@1.retired' },
        },
      },
    },
    retired: {
      type: 'final',
      tags: 'terminal',
      description: 'The key is overwritten. Address, quote, transaction and times stay readable.',
    },
    abandoned: {
      type: 'final',
      tags: 'terminal',
      description: 'It never became active. The cause is recorded.',
    },
  },
});
