// The real service as a process in network mode, in front of a fake network, with a fake engine.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createSigner } from '../../client/signer.js';
import { systemClock } from '../../clock.js';
import { networkKeyVariable } from '../../config/network.js';
import { FulfillmentStrategy } from '../../gen/network/network_pb.js';
import type { Address, RequestId } from '../../ids.js';
import { createRequester, type ServiceRequester } from '../service/serviceRequests.js';
import {
  createServiceRig,
  type LogLine,
  type ServiceProcess,
  type ServiceRig,
  type ServiceRigOptions,
} from '../service/serviceRig.js';
import { temporaryFolder } from '../temporaryFolder.js';
import { type FakeNetwork, type FakeNetworkOptions, startFakeNetwork } from './fakeNetwork.js';
import type { FakeRequest } from './ledger.js';

export interface NetworkRig {
  readonly network: FakeNetwork;
  readonly rig: ServiceRig;
  readonly prover: Address;
  /** The one that runs now. */
  service: ServiceProcess;
  /** A requester with a reservation for the prover, unless it is told otherwise. */
  requester(keyByte: number, options?: { reserved?: boolean; retryBudgetMs?: number }): ServiceRequester;
  /** As the network has it. Throws when it has none. */
  request(id: RequestId): FakeRequest;
  /** Resolves when the delivery of this request has come to the state, or had. */
  came(id: RequestId, state: string): Promise<LogLine>;
  end(): Promise<void>;
}

/** The private key of the prover is this number. */
const proverKey = '04'.padStart(64, '0');
export const reserved = { strategy: FulfillmentStrategy.RESERVED } as const;

export async function startNetworkRig({
  network: networkOptions = {},
  keyIn = 'file',
  ...options
}: ServiceRigOptions & { network?: FakeNetworkOptions; keyIn?: 'file' | 'environment' } = {}): Promise<NetworkRig> {
  const network = await startFakeNetwork(networkOptions);
  const keyFile = join(temporaryFolder('prover-key'), 'key');
  writeFileSync(keyFile, `0x${proverKey}\n`, { mode: 0o600 });
  const rig = await createServiceRig({
    ...options,
    flags: {
      'network-url': network.url,
      ...(keyIn === 'file' && { 'network-key-file': keyFile }),
      ...options.flags,
    },
    environment: { ...(keyIn === 'environment' && { [networkKeyVariable]: proverKey }), ...options.environment },
  });
  const prover = createSigner(proverKey).address;
  const opened: ServiceRequester[] = [];
  const made: NetworkRig = {
    network,
    rig,
    prover,
    service: await rig.serve({ 'public-url': rig.url }),
    requester(keyByte, { reserved: isReserved = true, retryBudgetMs } = {}) {
      const budget = retryBudgetMs !== undefined && { retryBudgetMs };
      const requester = createRequester(rig.url, { clock: systemClock, keyByte, ...budget });
      if (isReserved) network.control.addReservation(requester.address, prover);
      opened.push(requester);
      return requester;
    },
    request(id) {
      const found = network.ledger.requests.get(id);
      if (found === undefined) throw new Error(`the network has no request ${id}`);
      return found;
    },
    came: (id, state) =>
      made.service.until(({ event, to, text }) => event === 'delivery.transition' && to === state && text.includes(id)),
    async end() {
      for (const requester of opened) requester.close();
      await rig.end();
      await network.close();
    },
  };
  return made;
}
