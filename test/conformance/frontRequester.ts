// The stock Rust sp1-sdk in Reserved mode through a front, each with a key of its own, so that those who ask one front at once do not share nonces.
import { createSigner } from '../../src/client/signer.js';
import type { Address } from '../../src/ids.js';
import type { FakeRequest } from '../../src/testkit/fakeNetwork/ledger.js';
import type { NetworkRig } from '../../src/testkit/fakeNetwork/networkRig.js';
import { fibonacci, runSdk, type SdkReport, type SdkRun } from '../../src/testkit/sdk/rustSdk.js';

export interface FrontRequester {
  readonly address: Address;
  /** Of this input. Later options win over those that it has by itself. */
  prove(input: readonly string[], ...more: string[]): Promise<SdkRun<SdkReport>>;
  /** What the network has of it. */
  requests(): readonly FakeRequest[];
}

export const u32 = (value: number): readonly string[] => ['--input-u32', `${value}`];

/** `reservation`: whose prover it has reserved. */
export function frontRequester(
  { rig, network }: Pick<NetworkRig, 'rig' | 'network'>,
  keyByte: number,
  reservation?: Address,
): FrontRequester {
  const key = keyByte.toString(16).padStart(2, '0').repeat(32);
  const { address } = createSigner(key);
  if (reservation !== undefined) network.control.addReservation(address, reservation);
  return {
    address,
    prove(input, ...more) {
      const work = ['--program', fibonacci, ...input, '--proof-mode', 'groth16', '--skip-simulation', '--no-verify'];
      const connection = ['--url', rig.url, '--key', `0x${key}`, '--network', 'reserved', '--strategy', 'reserved'];
      return runSdk(['prove', ...connection, ...work, ...more]);
    },
    requests: () => [...network.ledger.requests.values()].filter(({ requester }) => requester === address),
  };
}
