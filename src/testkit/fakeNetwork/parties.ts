// A network with one who asks and one prover, which is assigned by reservation.
import { systemClock } from '../../clock.js';
import { createRawCaller, type RawCaller } from '../service/serviceCalls.js';
import { createRequester, type ServiceRequester } from '../service/serviceRequests.js';
import { createFakeFulfiller, type FakeFulfiller } from './fakeFulfiller.js';
import { type FakeNetwork, type FakeNetworkOptions, startFakeNetwork } from './fakeNetwork.js';

export interface Parties {
  readonly network: FakeNetwork;
  readonly requester: ServiceRequester;
  readonly prover: FakeFulfiller;
  /** Calls of any form. */
  readonly raw: RawCaller;
  /** Ends all of it. */
  part(): Promise<void>;
}

/** Not that of the requester. */
const proverKey = 4;

export async function meet(options: FakeNetworkOptions = {}): Promise<Parties> {
  const network = await startFakeNetwork(options);
  const prover = createFakeFulfiller(network.url, proverKey);
  const requester = createRequester(network.url, { clock: systemClock, retryBudgetMs: 0 });
  const raw = createRawCaller(Number(new URL(network.url).port));
  network.control.addReservation(requester.address, prover.signer.address);
  return {
    network,
    requester,
    prover,
    raw,
    async part() {
      prover.close();
      requester.close();
      raw.close();
      await network.close();
    },
  };
}
