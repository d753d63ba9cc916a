// The event log against the registers, and what is read in it.
import { describe } from 'node:test';
import { runtime, runtimeWithPreimage } from '../../../testkit/attestation/mockEvents.js';
import {
  type AcceptedTarget,
  acceptsTargets,
  type RefusedTarget,
  refusesTargets,
} from '../../../testkit/attestation/targetCases.js';

const refused: readonly RefusedTarget[] = [
  ['an event log that is no JSON is refused', { evidence: { eventLog: '[' } }, 'events.replay', 'EVENT_LOG_MALFORMED'],
  [
    'an event log with a property that is not known is refused',
    { editEvents: (events) => [{ ...events[0], imr2: 1 }] },
    'events.replay',
    'EVENT_LOG_MALFORMED',
  ],
  [
    'an event whose payload was changed is refused',
    {
      editEvents: (events) => {
        for (const event of events) if (event.event === 'app-id') event.event_payload = '00'.repeat(20);
        return events;
      },
    },
    'events.replay',
    'EVENT_DIGEST_WRONG',
  ],
  [
    'an event that was changed with its digest is refused',
    {
      editEvents: (events) =>
        events.map((event) => (event.event === 'app-id' ? runtime('app-id', Buffer.alloc(20)) : event)),
    },
    'events.replay',
    'RTMR_MISMATCH',
  ],
  [
    'an event that was changed without a digest is refused',
    {
      editEvents: (events) =>
        events.map((event) =>
          event.event === 'app-id' ? { ...event, digest: '', event_payload: '00'.repeat(20) } : event,
        ),
    },
    'events.replay',
    'RTMR_MISMATCH',
  ],
  [
    'an event log that is not whole is refused',
    { editEvents: (events) => events.slice(0, -1) },
    'events.replay',
    'RTMR_MISMATCH',
  ],
  [
    'a preimage of another payload is refused',
    {
      events: (events) => [...events, runtimeWithPreimage('own', Buffer.of(1))],
      editEvents: (events) =>
        events.map((event) => (event.event === 'own' ? { ...event, event_payload: '02' } : event)),
    },
    'events.replay',
    'EVENT_DIGEST_WRONG',
  ],
  [
    'a log without key provider is refused',
    { events: (events) => events.filter(({ event }) => event !== 'key-provider') },
    'events.replay',
    'EVENT_MISSING',
  ],
  [
    'a VM that never became ready is refused',
    { events: (events) => events.filter(({ event }) => event !== 'system-ready') },
    'events.replay',
    'EVENT_MISSING',
  ],
  [
    'two compose hashes before the VM was ready are refused',
    { events: (events) => events.flatMap((event) => (event.event === 'compose-hash' ? [event, event] : [event])) },
    'events.replay',
    'EVENT_DUPLICATE',
  ],
  [
    'an app id of 19 bytes is refused',
    {
      events: (events) =>
        events.map((event) => (event.event === 'app-id' ? runtime('app-id', Buffer.alloc(19)) : event)),
    },
    'events.replay',
    'EVENT_LOG_MALFORMED',
  ],
];

const accepted: readonly AcceptedTarget[] = [
  [
    'events of containers do not count as the VM’s',
    {
      events: (events) => [...events, runtime('compose-hash', Buffer.alloc(32)), runtime('app-id', Buffer.alloc(20))],
    },
  ],
  [
    'empty digests of newer agents are filled in',
    { editEvents: (events) => events.map((event) => (event.imr === 3 ? { ...event, digest: '' } : event)) },
  ],
  [
    'digests of the second form are read',
    { events: (events) => [...events, runtimeWithPreimage('own', Buffer.of(1))] },
  ],
];

describe('the event log', () => {
  refusesTargets(refused);
  acceptsTargets(accepted);
});
