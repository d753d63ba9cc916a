// A program that others have registered at the network: fetched, and registered here for the requester who needs it.
import { ProverNetwork } from '../gen/network/network_pb.js';
import { type Address, type ArtifactId, bytesOf, type VkHash } from '../ids.js';
import type { Log } from '../log.js';
import { type FetchParameters, fetchArtifact } from './fetchArtifact.js';
import type { NetworkWatch } from './networkWatch.js';
import { type Upstream, UpstreamError } from './upstream.js';

const notFound = 5;

export interface FetchedProgram {
  readonly vkHash: VkHash;
  /** As the network has it. */
  readonly vk: Uint8Array;
  readonly artifactId: ArtifactId;
  readonly owner: Address;
}

/** Which one, and where the network has it. */
export interface ProgramElsewhere {
  /** Undefined: where GetProgram says. */
  readonly url?: string;
  readonly vkHash: VkHash;
  readonly requester: Address;
}

export interface FetchProgramParameters extends FetchParameters {
  readonly upstream: Pick<Upstream, 'read'>;
  readonly log: Log;
  readonly watch: Pick<NetworkWatch, 'programFetched'>;
  /** Fails where key and hash do not belong together. Whether the bytes belong to them is found out before they prove anything. */
  readonly register: (program: FetchedProgram) => Promise<void>;
}

/** Rejects with an UpstreamError, a UrlError, and as `Catalog.upload` and `register` do. */
export async function fetchProgram(
  parameters: FetchProgramParameters,
  { url: named, vkHash, requester: owner }: ProgramElsewhere,
  signal: AbortSignal,
): Promise<void> {
  const { upstream, clock, log, watch, register } = parameters;
  const { program } = await upstream.read(ProverNetwork.method.getProgram, { vkHash: bytesOf(vkHash) }, 0);
  const url = named ?? program?.programUri;
  if (url === undefined) throw new UpstreamError(notFound, 'it names no program');
  const from = clock.steady();
  const { id: artifactId, sizeBytes } = await fetchArtifact(parameters, { url, kind: 'program', owner }, signal);
  watch.programFetched(clock.steady() - from, sizeBytes);
  await register({ vkHash, vk: program?.vk ?? new Uint8Array(), artifactId, owner });
  log.info({ event: 'network.program_fetched', vkHash }, 'a program that others have registered is here now');
}
