// How a stage that has failed ends its request, or leaves it to an operator: the same rules for every stage.
import { requestSetup } from './rules.js';

/** A failure that ends the request, whichever stage reports it. Order matters: the first rule that holds decides. */
export const endings = requestSetup.createStateConfig({
  on: {
    STAGE_FAILED: [
      {
        guard: { type: 'isFinalAndHeld', params: ({ event }) => event },
        target: '#request@3.open.held',
        actions: [
          { type: 'recordFailure', params: ({ event }) => event.failure },
          { type: 'recordHold', params: ({ event }) => event },
        ],
      },
      {
        guard: { type: 'isFinal', params: ({ event }) => event.failure },
        target: '#request@3.failed',
        actions: { type: 'recordFailure', params: ({ event }) => event.failure },
      },
      {
        guard: { type: 'isPoisonAndHeld', params: ({ event }) => event },
        target: '#request@3.open.held',
        actions: [
          { type: 'recordPoison', params: ({ event }) => event.failure },
          { type: 'recordHold', params: ({ event }) => event },
        ],
      },
      {
        guard: { type: 'isPoison', params: ({ event }) => event.failure },
        target: '#request@3.failed',
        actions: { type: 'recordPoison', params: ({ event }) => event.failure },
      },
    ],
  },
}).on.STAGE_FAILED;

/** The stage has failed for a passing reason once too often. */
export const exhausted = requestSetup.createStateConfig({
  on: {
    STAGE_FAILED: [
      {
        guard: { type: 'isHeld', params: ({ event }) => event },
        target: '#request@3.open.held',
        actions: [
          { type: 'recordExhaustion', params: ({ event }) => event.failure },
          { type: 'recordHold', params: ({ event }) => event },
        ],
      },
      {
        target: '#request@3.failed',
        actions: { type: 'recordExhaustion', params: ({ event }) => event.failure },
      },
    ],
  },
}).on.STAGE_FAILED;
