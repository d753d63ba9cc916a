// Deliveries for tests: what one is made of, and a way into each of its resting states.
import type { ArtifactId, RequestId, Sha256 } from '../../ids.js';
import type { DeliveryEvent, DeliveryStart, Report } from '../../machines/delivery/rules.js';

export const deliveryStart = (changes: Partial<DeliveryStart> = {}): DeliveryStart => ({
  networkId: 'dd'.repeat(32) as RequestId,
  localId: 'dd'.repeat(32) as RequestId,
  deadlineAt: Date.UTC(2100, 0, 1),
  closesAt: Date.UTC(2100, 0, 1) + 600_000,
  ...changes,
});

export const fulfilReport: Report = {
  kind: 'fulfil',
  proof: { id: 'ab'.repeat(32) as ArtifactId, sha256: 'cd'.repeat(32) as Sha256, sizeBytes: 7 },
};
export const failReport: Report = { kind: 'fail', error: 6 };

const pending: DeliveryEvent[] = [{ type: 'DETAILS_OURS' }, { type: 'PROVEN', report: fulfilReport, isKept: false }];
const submitting: DeliveryEvent[] = [...pending, { type: 'TURN_GRANTED', nonce: '5', at: 2_000 }];
const confirming: DeliveryEvent[] = [...submitting, { type: 'FATE_UNKNOWN' }];

/** By the state that it ends in. */
export const deliveryWays: Readonly<Record<string, readonly DeliveryEvent[]>> = {
  assigning: [],
  working: [{ type: 'DETAILS_OURS' }],
  pending,
  submitting,
  confirming,
  backingOff: [...confirming, { type: 'SEEN_ASSIGNED', at: 3_000 }],
  delivered: [...submitting, { type: 'ACCEPTED', tx: 'ee'.repeat(32) }],
  released: [{ type: 'NETWORK_TERMINAL', end: 'unfulfillable', ours: false }],
  superseded: [...pending, { type: 'NETWORK_TERMINAL', end: 'fulfilled', ours: false }],
  refused: [...submitting, { type: 'REFUSED', refusal: { code: 11, text: 'message length too large' } }],
  expired: [{ type: 'CLOSED' }],
  withheld: [{ type: 'DETAILS_OURS' }, { type: 'PROVEN', report: fulfilReport, isKept: true }],
  foreign: [{ type: 'DETAILS_OTHER' }],
};
