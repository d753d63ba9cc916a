// A program that others have registered at the network: fetched, and registered here for the requester who needs it.
import type { Address, ArtifactId, VkHash } from '../ids.js';
import type { Log } from '../log.js';
import { type FetchParameters, fetchArtifact } from './fetchArtifact.js';
import type { NetworkWatch } from './networkWatch.js';

export interface FetchedProgram {
  readonly vkHash: VkHash;
  /** As the network has it. */
  readonly vk: Uint8Array;
  readonly artifactId: ArtifactId;
  readonly owner: Address;
}

/** Where the network has it, and what it says of it. */
export interface ProgramElsewhere {
  readonly url: string;
  readonly vk: Uint8Array;
  readonly vkHash: VkHash;
  readonly requester: Address;
}

export interface FetchProgramParameters extends FetchParameters {
  readonly log: Log;
  readonly watch: Pick<NetworkWatch, 'programFetched'>;
  /** Fails where key and hash do not belong together. Whether the bytes belong to them is found out before they prove anything. */
  readonly register: (program: FetchedProgram) => Promise<void>;
}

/** Rejects with a UrlError, and as `Catalog.upload` and `register` do. */
export async function fetchProgram(
  parameters: FetchProgramParameters,
  { url, vk, vkHash, requester: owner }: ProgramElsewhere,
  signal: AbortSignal,
): Promise<void> {
  const { clock, log, watch, register } = parameters;
  const from = clock.steady();
  const { id: artifactId, sizeBytes } = await fetchArtifact(parameters, { url, kind: 'program', owner }, signal);
  watch.programFetched(clock.steady() - from, sizeBytes);
  await register({ vkHash, vk, artifactId, owner });
  log.info({ event: 'network.program_fetched', vkHash }, 'a program that others have registered is here now');
}
