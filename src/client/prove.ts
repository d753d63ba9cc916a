// The whole way from a program and its input to a proof on disk.
import type { RequestId } from '../ids.js';
import type { Context } from './context.js';
import { type DownloadedProof, download } from './download.js';
import type { ByteSource } from './encode.js';
import { type ProgramKey, registerProgram } from './registerProgram.js';
import { type RequestProofParameters, requestProof } from './requestProof.js';
import { type FulfilledRequest, type WaitProofParameters, waitProof } from './waitProof.js';

export interface ProveParameters extends Omit<RequestProofParameters, 'vkHash'>, WaitProofParameters {
  readonly elf: ByteSource;
  /** Computes the program's key, as the SDK's `setup` does: seconds of work, worth caching by the ELF's digest. */
  readonly setup: (elf: ByteSource) => Promise<ProgramKey>;
  /** Where the proof goes. */
  readonly path: string;
  /** Told once the request is durable: with this id the wait can be taken up again by any client. */
  readonly onRequested?: (requestId: RequestId) => void;
}

export interface ProvenRequest extends DownloadedProof {
  readonly request: FulfilledRequest;
}

/** Registers, requests, waits and downloads. Rejects as each of these does. */
export async function prove(context: Context, parameters: ProveParameters): Promise<ProvenRequest> {
  const { elf, setup, path, signal, onRequested } = parameters;
  const options = signal === undefined ? {} : { signal };
  const key = await setup(elf);
  await registerProgram(context, { elf, ...key }, options);
  const requestId = await requestProof(context, { ...parameters, vkHash: key.vkHash });
  onRequested?.(requestId);
  const request = await waitProof(context, requestId, parameters);
  return { request, ...(await download(context, { ...options, proofUrl: request.proofUrl, path })) };
}
