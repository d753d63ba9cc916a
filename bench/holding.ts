// What a waiting SDK sees: from the moment in which a request is decided to be fulfilled (its line in the service's log, the flush still
// to come) until the client has the answer that says so. Each request has a client of its own that polls as the SDK does; fake engines
// make each proof in 3 s. Once with held polls and once without. Proofs of the first 6 s are left out: how long one takes is not
// known then.
import { setTimeout as sleep } from 'node:timers/promises';
import { fromBinary } from '@bufbuild/protobuf';
import { RequestProofResponseSchema } from '../src/gen/network/network_pb.js';
import { installFakeEngine } from '../src/testkit/engine/fakeEngineLauncher.js';
import { decisions } from './decisions.js';
import { type Figure, quantile } from './figures.js';
import { load } from './load.js';
import { requestProofPath, seed, signedRequests } from './requests.js';
import { waitAsSdk } from './sdkWait.js';
import { startService } from './service.js';
import { dataIn, type Part, type Setting, scaled } from './setting.js';

const part = 'holding';
const firstMs = 6_000;
const proofMs = 3_000;
/** Never fewer: the first six seconds' proofs are not counted. */
const leastWaits = 24;
/** Within this an answer counts as given at once. */
const atOnceMs = 50;

export const measureHolding: Part = async (setting) => {
  const figures: Figure[] = [];
  for (const [name, holdPolls] of [
    ['not held', '0s'],
    ['held', '2s'],
  ] as const) {
    const { delaysMs, polls } = await measureWaits(holdPolls, setting);
    const share = delaysMs.filter((ms) => ms <= atOnceMs).length / delaysMs.length;
    const note = `${delaysMs.length} waits, ${(polls / delaysMs.length).toFixed(1)} polls each`;
    const isHeld = name === 'held';
    figures.push(
      {
        part,
        measure: `FULFILLED → client, ${name}, p50`,
        value: quantile(delaysMs, 0.5),
        unit: 'ms',
        ...(isHeld && { aim: { most: 20 } }),
        note,
      },
      { part, measure: `the same, p99`, value: quantile(delaysMs, 0.99), unit: 'ms' },
      { part, measure: `the same, within ${atOnceMs} ms`, value: 100 * share, unit: '%' },
    );
  }
  return figures;
};

async function measureWaits(holdPolls: string, setting: Setting): Promise<{ delaysMs: number[]; polls: number }> {
  const { cli, folder, say } = setting;
  const count = Math.max(leastWaits, scaled(60, setting));
  const data = dataIn(setting, `holding-${holdPolls}`);
  const ids = await seed(data, count);
  const engine = await installFakeEngine(folder, { rules: [{ on: 'prove', delayMs: proofMs }] }, 'steady-engine');
  // One lane, as a small machine has it: the service plans with the memory of real provers.
  const flags = ['--hold-polls', holdPolls];
  const service = await startService({ cli, engine, data, folder, flags });
  try {
    await service.lanesSettled();
    say(`holding: ${count} waits with --hold-polls ${holdPolls}`);
    const requestIds: Uint8Array[] = [];
    const { refused } = await load({
      ...service,
      path: requestProofPath,
      messages: signedRequests(ids),
      connections: 4,
      inFlight: 8,
      onAnswer(_, message) {
        const requestId = fromBinary(RequestProofResponseSchema, message).body?.requestId;
        if (requestId) requestIds.push(Uint8Array.from(requestId));
      },
    });
    if (refused > 0) throw new Error(`${refused} requests were refused`);
    const waits = await Promise.all(
      requestIds.map(async (requestId, n) => {
        // Clients that have nothing to do with each other begin at any time.
        await sleep(Math.random() * 2_000);
        const wait = await waitAsSdk(service, requestId, `127.1.${n >> 8}.${n & 255}`);
        return { ...wait, requestId: Buffer.from(requestId).toString('hex') };
      }),
    );
    const decidedAt = decisions(service.logPath);
    const counted = waits.flatMap(({ requestId, startedAt, fulfilledAt, polls }) => {
      const at = decidedAt.get(requestId) ?? Number.NaN;
      return at - startedAt > firstMs ? [{ delayMs: fulfilledAt - at, polls }] : [];
    });
    return {
      delaysMs: counted.map(({ delayMs }) => delayMs),
      polls: counted.reduce((sum, { polls }) => sum + polls, 0),
    };
  } finally {
    await service.kill();
  }
}
