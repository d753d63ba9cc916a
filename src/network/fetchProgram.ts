// A program that others have registered at the network: fetched, and registered here for the requester who needs it.
import { type ProofRequest, ProverNetwork } from '../gen/network/network_pb.js';
import { type Address, type ArtifactId, parseAddress, parseVkHash, type VkHash } from '../ids.js';
import type { Log } from '../log.js';
import { type FetchParameters, fetchArtifact } from './fetchArtifact.js';
import type { NetworkWatch } from './networkWatch.js';
import { UrlError } from './openUrl.js';
import type { Upstream } from './upstream.js';

export interface FetchedProgram {
  readonly vkHash: VkHash;
  /** As the network has it. */
  readonly vk: Uint8Array;
  readonly artifactId: ArtifactId;
  readonly owner: Address;
}

export interface FetchProgramParameters extends FetchParameters {
  readonly upstream: Pick<Upstream, 'read'>;
  readonly log: Log;
  readonly watch: Pick<NetworkWatch, 'programFetched'>;
  /** Fails where key and hash do not belong together. Whether the bytes belong to them is found out before they prove anything. */
  readonly register: (program: FetchedProgram) => Promise<void>;
}

/** Rejects with a UrlError, an UpstreamError, and as `Catalog.upload` and `register` do. */
export async function fetchProgram(
  parameters: FetchProgramParameters,
  { programPublicUri, programUri, vkHash, requester }: ProofRequest,
  signal: AbortSignal,
): Promise<void> {
  const { upstream, clock, log, watch, register } = parameters;
  const owner = parseAddress(requester);
  const hash = parseVkHash(vkHash);
  if (owner === undefined || hash === undefined) throw new UrlError('it names no program', false);
  const url = programPublicUri === '' ? programUri : programPublicUri;
  const from = clock.steady();
  const { id: artifactId, sizeBytes } = await fetchArtifact(parameters, { url, kind: 'program', owner }, signal);
  watch.programFetched(clock.steady() - from, sizeBytes);
  const { program } = await upstream.read(ProverNetwork.method.getProgram, { vkHash }, 0);
  await register({ vkHash: hash, vk: program?.vk ?? new Uint8Array(), artifactId, owner });
  log.info({ event: 'network.program_fetched', vkHash: hash }, 'a program that others have registered is here now');
}
