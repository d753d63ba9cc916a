// Opens the way to the public network: the prover's keys, and the connections.
import { createSigner, type Signer } from '../client/signer.js';
import type { Clock } from '../clock.js';
import type { Config } from '../config/load.js';
import { networkKeyVariable } from '../config/network.js';
import type { Log } from '../log.js';
import { createLargeReports } from '../network/largeReports.js';
import type { NetworkPorts } from '../network/network.js';
import { createReachability } from '../network/reachability.js';
import { createUpstream } from '../network/upstream.js';
import { KeyFileError, readKeyFile, readKeyText } from '../signers/registrar/keyFile.js';

/** The key of the prover cannot be used. Nothing of it is in the message. */
export class NetworkKeyError extends Error {
  override readonly name = 'NetworkKeyError';
}

/** Undefined where no network is named. Throws a NetworkKeyError. */
export function openNetwork(
  { networkUrl, networkKeyFile }: Pick<Config, 'networkUrl' | 'networkKeyFile'>,
  { environment, clock, log }: { environment: NodeJS.ProcessEnv; clock: Clock; log: Log },
): NetworkPorts | undefined {
  if (networkUrl === undefined) return undefined;
  try {
    const [first, ...others] =
      networkKeyFile?.map((path) => signerOf(readKeyFile(path, '--network-key-file'))) ?? keyOf(environment, log);
    if (first === undefined) return undefined;
    const url = new URL(networkUrl);
    const reachability = createReachability({ clock, log });
    const upstream = createUpstream({ url, clock, note: reachability.note });
    const largeReports = createLargeReports({ url, note: reachability.note });
    return { upstream, largeReports, reachability, signers: [first, ...others], url: networkUrl };
  } catch (error) {
    if (error instanceof KeyFileError) throw new NetworkKeyError(error.message);
    throw error;
  }
}

function keyOf(environment: NodeJS.ProcessEnv, log: Log): Signer[] {
  const text = environment[networkKeyVariable];
  if (!text) return [];
  log.warn(
    { event: 'network.key_in_environment' },
    `${networkKeyVariable} can be read by every process of this user, and lands in reports of crashes: prefer --network-key-file`,
  );
  return [signerOf(readKeyText(text, networkKeyVariable))];
}

function signerOf(key: Uint8Array): Signer {
  const signer = createSigner(Buffer.from(key).toString('hex'));
  key.fill(0);
  return signer;
}
