// A front of a network that is away, with deliveries in whatever state a test wants: nothing moves them but time and operators.
import { createActor } from 'xstate';
import { createSigner } from '../../client/signer.js';
import type { Clock } from '../../clock.js';
import type { RequestId } from '../../ids.js';
import { createLog } from '../../log.js';
import { deliveryMachine } from '../../machines/delivery/machine.js';
import type { DeliveryEvent, DeliveryStart } from '../../machines/delivery/rules.js';
import { hasDeliveryEnded } from '../../machines/delivery/view.js';
import type { Deliveries } from '../../network/deliveries.js';
import { deliveryKind } from '../../network/kind.js';
import type { NetworkPorts } from '../../network/network.js';
import { createReachability } from '../../network/reachability.js';
import { UpstreamError } from '../../network/upstream.js';
import type { JournalEntry } from '../../store/buckets.js';
import { deliveryStart } from './deliveries.js';
import type { World } from './world.js';

const unavailable = 14;

export function awayNetwork(clock: Clock): NetworkPorts {
  const upstream = {
    forward: async () => ({ ok: false, code: unavailable, text: 'away' }) as const,
    read: async () => {
      throw new UpstreamError(unavailable, 'away');
    },
    close: () => {},
  };
  const reachability = createReachability({ clock, log: createLog('silent') });
  return { upstream, reachability, signers: [createSigner('04'.padStart(64, '0'))], url: 'http://away' };
}

/** Of a world that is a front of it. */
export const inAwayNetwork = { network: awayNetwork, publicUrl: 'https://prover.example.org' } as const;

/** Lays it down as its host would have written it, and has it go on when it is open. */
export async function plantDelivery(
  world: World,
  events: readonly DeliveryEvent[],
  changes: Partial<DeliveryStart> = {},
): Promise<RequestId> {
  const start = deliveryStart({
    deadlineAt: world.clock.now() + 3_600_000,
    closesAt: world.clock.now() + 4_200_000,
    ...changes,
  });
  const { networkId } = start;
  const at = world.clock.now();
  const actor = createActor(deliveryMachine, { input: start }).start();
  const journal: JournalEntry[] = [{ at, from: '', to: 'assigning', on: 'xstate.init' }];
  for (const event of events) {
    const from = String(actor.getSnapshot().value);
    actor.send(event);
    journal.push({ at, from, to: String(actor.getSnapshot().value), on: event.type });
  }
  const snapshot = JSON.parse(JSON.stringify(actor.getPersistedSnapshot()));
  actor.stop();
  const envelope = { machine: deliveryMachine.id, seq: journal.length - 1, at, elapsedMs: 0, snapshot };
  const isOpen = !hasDeliveryEnded(deliveryKind.viewOf(snapshot, envelope));
  await world.store.write((tx) => {
    for (const [seq, entry] of journal.entries()) tx.put('deliveryJournal', [networkId, seq], entry);
    tx.put('deliveries', [networkId], envelope);
    if (isOpen) tx.put('openDeliveries', [networkId], true);
  });
  if (isOpen) (world.assembly.network?.deliveries as Deliveries).begin(networkId);
  await world.settle();
  return networkId;
}
