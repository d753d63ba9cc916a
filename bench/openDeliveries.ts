// T53: a start with many open reports.
import { join } from 'node:path';
import { createActor } from 'xstate';
import type { Address, RequestId } from '../src/ids.js';
import { deliveryMachine } from '../src/machines/delivery/machine.js';
import { randomHex, systemRandom } from '../src/random.js';
import { openStore } from '../src/store/environment.js';
import { startNetworkRig } from '../src/testkit/fakeNetwork/networkRig.js';
import { deliveryStart, deliveryWays } from '../src/testkit/world/deliveries.js';
import { type Figure, quantile } from './figures.js';
import { type Setting, scaled } from './setting.js';

const part = 'network';
const rounds = 3;

/** From the start of the process to the line that says that it serves, with the network away, so that they stay open. */
export async function measureOpenDeliveries(setting: Setting): Promise<Figure[]> {
  const count = scaled(10_000, setting);
  setting.say(`network: a start with ${count} open deliveries`);
  const made = await startNetworkRig();
  try {
    await made.service.stop();
    await made.network.away();
    await seedDeliveries(join(made.rig.data, 'store'), count, made.prover);
    const times: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const from = performance.now();
      const service = await made.rig.serve({ 'public-url': made.rig.url });
      times.push(performance.now() - from);
      const { network } = (await (await fetch(`${made.rig.url}/health`)).json()) as { network: { pending: number } };
      if (network.pending !== count) throw new Error(`${network.pending} of ${count} reports are open`);
      await service.kill();
    }
    const note = `${count} deliveries, worst of ${rounds}, median ${Math.round(quantile(times, 0.5))} ms`;
    return [
      { part, measure: 'open deliveries → serving', value: Math.max(...times), unit: 'ms', aim: { most: 2_000 }, note },
    ];
  } finally {
    await made.end();
  }
}

/** Reports that wait for the signer's turn. */
async function seedDeliveries(path: string, count: number, signer: Address): Promise<void> {
  const store = await openStore(path);
  const batch = 2_000;
  for (let start = 0; start < count; start += batch)
    await store.write((tx) => {
      for (let i = start; i < Math.min(count, start + batch); i += 1) {
        const networkId = randomHex(systemRandom, 32) as RequestId;
        const actor = createActor(deliveryMachine, {
          input: deliveryStart({ networkId, localId: networkId, signer }),
        }).start();
        for (const event of deliveryWays['pending'] ?? []) actor.send(event);
        const snapshot = JSON.parse(JSON.stringify(actor.getPersistedSnapshot())) as object;
        actor.stop();
        tx.put('deliveries', [networkId], {
          machine: deliveryMachine.id,
          seq: 2,
          at: Date.now(),
          elapsedMs: 0,
          snapshot,
        });
        tx.put('openDeliveries', [networkId], true);
      }
    });
  await store.close();
}
