// The life of one lane: one engine process, one connection to it, one job at a time. Pure: it decides when an engine is started,
// ended and started again; `lanes/lane.ts` does it. It is never persisted: a lane is born with the service.
import { assign, fromCallback, fromPromise, type SnapshotFrom, setup } from 'xstate';
import type { Failure } from '../../failures/catalog.js';

/** Pause after the first, second, … failure in a row, in ms: a driver hiccup is over in a second, a missing file is not in a minute. */
const backOffMs = [1_000, 2_000, 5_000, 15_000, 60_000] as const;
/** So many crashes within the window mean that restarting does not help. A healthy engine crashes less than once a day. */
const crashesAtMost = 5;
export const crashWindowMs = 10 * 60_000;
/** Long enough to keep a broken machine from burning its time on restarts, short enough to heal over a night without an operator. */
const quarantineMs = 30 * 60_000;

export interface LaneContext {
  /** When the crashes within the window were (ms of running time: no clock that is set shortens or lengthens a pause). */
  readonly recentCrashes: readonly number[];
  /** Since the lane was created. */
  readonly crashes: number;
  /** Since the last job that came to an end. It sets the length of the next pause. */
  readonly failuresInARow: number;
  /** When cooling or quarantine ends, in running time. Null: only an operator ends it. */
  readonly resumeAt: number | null;
  /** The engine has loaded its prover. */
  readonly warm: boolean;
  /** An engine of this lane was warm once: what is in the way of the next is no fault of the whole set-up. */
  readonly hasBeenWarm: boolean;
  readonly lastFailure: Failure | null;
  /** Its proofs do not verify: when it may prove again, in running time. */
  readonly distrustedUntil: number | null;
}

/** Why an engine is gone. */
export interface Loss {
  readonly failure: Failure;
  /** In running time. */
  readonly at: number;
}

export type LaneEvent =
  /** From an operator too: ends cooling and quarantine. */
  | { type: 'START' }
  | { type: 'STOP' }
  /** Several proofs of it have not verified. What it works on is given up. */
  | { type: 'DISTRUST'; failure: Failure; until: number }
  /** The job stands ready in the lane; `work` picks it up. */
  | { type: 'GRANT' }
  /** An operator's word on a program stands ready in the lane; `prepare` picks it up. */
  | { type: 'PREPARE' }
  | { type: 'WARMED' }
  | { type: 'ENGINE_DIED'; loss: Loss };

/** How `work` or `prepare` left the engine. `discarded`: ended on purpose, in the middle of a job that is no longer wanted. `spent`: it was for one job. */
export type WorkEnd =
  | { readonly engine: 'kept' }
  | { readonly engine: 'discarded' }
  | { readonly engine: 'spent' }
  | { readonly engine: 'lost'; readonly loss: Loss };

const freshContext: LaneContext = {
  recentCrashes: [],
  crashes: 0,
  failuresInARow: 0,
  resumeAt: null,
  warm: false,
  hasBeenWarm: false,
  lastFailure: null,
  distrustedUntil: null,
};

/** What each guard asks, for those who look at the machine. */
export const laneGuards = {
  isLoss: 'The engine could not be started.',
  isEnd: 'The work has left the engine as the edge says: lost, ended on purpose, or spent.',
  isDistrusted: 'Proofs of it did not verify.',
  hasCrashedTooOften: 'It has crashed so often that another start would not help.',
};

const laneSetup = setup({
  types: { context: {} as LaneContext, events: {} as LaneEvent },
  actors: {
    startEngine: fromPromise<Loss | null>(async () => null),
    endEngine: fromPromise<void>(async () => {}),
    warmUp: fromCallback<LaneEvent>(() => {}),
    watchEngine: fromCallback<LaneEvent>(() => {}),
    work: fromPromise<WorkEnd>(async () => ({ engine: 'kept' })),
    prepare: fromPromise<WorkEnd>(async () => ({ engine: 'kept' })),
    cool: fromPromise<void, { until: number | null }>(async () => {}),
  },
  guards: {
    isLoss: (_, loss: Loss | null) => loss !== null,
    isEnd: (_, { end, engine }: { end: WorkEnd; engine: WorkEnd['engine'] }) => end.engine === engine,
    isDistrusted: ({ context }) => context.distrustedUntil !== null,
    hasCrashedTooOften: ({ context }) => context.recentCrashes.length >= crashesAtMost,
  },
  actions: {
    recordLoss: assign(({ context }, loss: Loss | null) => (loss === null ? {} : afterLoss(context, loss))),
    recordWarm: assign({ warm: true, hasBeenWarm: true }),
    recordCold: assign({ warm: false }),
    recordHealth: assign({ failuresInARow: 0, lastFailure: null }),
    recordQuarantine: assign({
      resumeAt: ({ context }) => (context.recentCrashes.at(-1) ?? 0) + quarantineMs,
    }),
    recordDistrust: assign((_, { failure, until }: { failure: Failure; until: number }) => ({
      lastFailure: failure,
      distrustedUntil: until,
    })),
    recordEndOfDistrust: assign({ resumeAt: ({ context }) => context.distrustedUntil }),
    recordOurBug: assign({ resumeAt: null }),
    forgetCrashes: assign({ recentCrashes: [], failuresInARow: 0, distrustedUntil: null }),
  },
});

function afterLoss(context: LaneContext, { failure, at }: Loss): Partial<LaneContext> {
  const pauseMs = backOffMs[Math.min(context.failuresInARow, backOffMs.length - 1)] ?? backOffMs[0];
  const recent = context.recentCrashes.filter((crashedAt) => crashedAt > at - crashWindowMs);
  return {
    recentCrashes: [...recent, at],
    crashes: context.crashes + 1,
    failuresInARow: context.failuresInARow + 1,
    resumeAt: at + pauseMs,
    lastFailure: failure,
  };
}

const endIs =
  <E extends WorkEnd['engine']>(engine: E) =>
  ({ event }: { event: { output: WorkEnd } }) => ({ end: event.output, engine });

/** `work` or `prepare` has left no engine, or none that is kept. */
const withoutEngine = [
  {
    guard: { type: 'isEnd', params: endIs('lost') },
    target: '#lane@1.broken',
    actions: {
      type: 'recordLoss',
      params: ({ event: { output } }: { event: { output: WorkEnd } }) =>
        output.engine === 'lost' ? output.loss : null,
    },
  },
  { guard: { type: 'isEnd', params: endIs('discarded') }, target: '#lane@1.starting' },
] as const;

/** An effect threw, which none of them may. Restarting at once could repeat it for ever, so an operator has to look. */
const ourBug = { target: '#lane@1.quarantined', actions: 'recordOurBug' } as const;

const recordDistrust = laneSetup.createStateConfig({
  on: { DISTRUST: { actions: { type: 'recordDistrust', params: ({ event }) => event } } },
}).on.DISTRUST;

export const laneMachine = laneSetup.createMachine({
  id: 'lane@1',
  context: freshContext,
  initial: 'stopped',
  on: { STOP: '.stopped', DISTRUST: { ...recordDistrust, target: '.broken' } },
  states: {
    stopped: {
      description: 'No engine is wanted, and the last one is being ended. Left when the lane is started.',
      entry: 'recordCold',
      invoke: { id: 'endEngine', src: 'endEngine', onError: ourBug },
      on: { START: 'starting', STOP: {}, DISTRUST: {} },
    },
    starting: {
      description:
        'An engine is being started, after the one before it has ended. Left when it accepts jobs, or has failed to.',
      entry: 'recordCold',
      invoke: {
        id: 'startEngine',
        src: 'startEngine',
        onDone: [
          {
            guard: { type: 'isLoss', params: ({ event }) => event.output },
            target: 'broken',
            actions: { type: 'recordLoss', params: ({ event }) => event.output },
          },
          { target: 'up' },
        ],
        onError: ourBug,
      },
    },
    up: {
      description:
        'The engine accepts jobs, though the first one waits until its prover is loaded. Left when it is gone or discarded.',
      initial: 'ready',
      invoke: { id: 'warmUp', src: 'warmUp', onError: ourBug },
      on: { WARMED: { actions: 'recordWarm' } },
      states: {
        ready: {
          description:
            'The engine has nothing to do. Left when a job is granted, when an operator sets a program up or frees one, or when the engine dies in its sleep.',
          invoke: { id: 'watchEngine', src: 'watchEngine', onError: ourBug },
          on: {
            GRANT: 'busy',
            PREPARE: 'preparing',
            ENGINE_DIED: {
              target: '#lane@1.broken',
              actions: { type: 'recordLoss', params: ({ event }) => event.loss },
            },
          },
        },
        busy: {
          description: 'One job is worked on. Left when it has an outcome and it is known what became of the engine.',
          invoke: {
            id: 'work',
            src: 'work',
            onDone: [
              ...withoutEngine,
              {
                guard: { type: 'isEnd', params: endIs('spent') },
                target: '#lane@1.starting',
                actions: 'recordHealth',
              },
              { target: 'ready', actions: 'recordHealth' },
            ],
            onError: ourBug,
          },
        },
        preparing: {
          description:
            'At the word of an operator a program is set up or freed, and no job is granted. Left when that is done or has failed.',
          invoke: {
            id: 'prepare',
            src: 'prepare',
            onDone: [
              ...withoutEngine,
              // Nobody's work: it says nothing of the health of the engine.
              { target: 'ready' },
            ],
            onError: ourBug,
          },
        },
      },
    },
    broken: {
      description:
        'The engine died, left the protocol, or made proofs that do not verify; what remains of it is being ended. Left when it is gone.',
      entry: 'recordCold',
      invoke: {
        id: 'endEngine',
        src: 'endEngine',
        onDone: [
          { guard: 'isDistrusted', target: 'quarantined', actions: 'recordEndOfDistrust' },
          { guard: 'hasCrashedTooOften', target: 'quarantined', actions: 'recordQuarantine' },
          { target: 'cooling' },
        ],
        onError: ourBug,
      },
      on: { DISTRUST: recordDistrust },
    },
    cooling: {
      description: 'No engine runs. Left when the pause is over, which grows with every failure in a row.',
      invoke: {
        id: 'cool',
        src: 'cool',
        input: ({ context }) => ({ until: context.resumeAt }),
        onDone: 'starting',
        onError: ourBug,
      },
      on: { START: 'starting' },
    },
    quarantined: {
      description:
        'Restarting does not help, or its proofs do not verify. Left after half an hour, or when an operator starts the lane.',
      entry: 'recordCold',
      invoke: {
        id: 'cool',
        src: 'cool',
        input: ({ context }) => ({ until: context.resumeAt }),
        onDone: { target: 'starting', actions: 'forgetCrashes' },
        // Waiting itself is broken: only an operator can help now.
        onError: {},
      },
      on: { START: { target: 'starting', actions: 'forgetCrashes' }, DISTRUST: {} },
    },
  },
});

export const laneStates = [
  'stopped',
  'starting',
  'ready',
  'busy',
  'preparing',
  'broken',
  'cooling',
  'quarantined',
] as const;
export type LaneState = (typeof laneStates)[number];

/** The state as others name it. */
export function laneStateOf(snapshot: Pick<SnapshotFrom<typeof laneMachine>, 'value'>): LaneState {
  const { value } = snapshot;
  return typeof value === 'string' ? value : value.up;
}
