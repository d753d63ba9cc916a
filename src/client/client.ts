// A typed client of SP1's prover network wire, as sealed-prover serves it. This is what the npm package exports.
import type { RequestId } from '../ids.js';
import { cancelRequest } from './cancelRequest.js';
import { type CallParameters, type ClientParameters, createContext } from './context.js';
import { details, type ListParameters, list, type RequestDetails } from './details.js';
import { type DownloadedProof, type DownloadParameters, download } from './download.js';
import { nonce } from './nonce.js';
import { type ProvenRequest, type ProveParameters, prove } from './prove.js';
import { type Program, type Registration, registerProgram } from './registerProgram.js';
import { type RequestProofParameters, requestProof } from './requestProof.js';
import { type RequestStatus, status } from './status.js';
import { type FulfilledRequest, type WaitProofParameters, waitProof } from './waitProof.js';
import { type RequestUpdate, type WatchParameters, watch } from './watch.js';

/** Every call takes a signal, tries again as the SDK does, and rejects with a ClientError. */
export interface Client {
  /** Makes a program known; uploads its ELF if it is not. */
  registerProgram(program: Program, options?: CallParameters): Promise<Registration>;
  /** Uploads an input and asks for a proof; resolves once the request is durable. */
  requestProof(parameters: RequestProofParameters): Promise<RequestId>;
  /** Gives a request of this key up; resolves once that is durable. */
  cancelRequest(requestId: RequestId, options?: CallParameters): Promise<void>;
  status(requestId: RequestId, options?: CallParameters): Promise<RequestStatus>;
  details(requestId: RequestId, options?: CallParameters): Promise<RequestDetails>;
  list(parameters?: ListParameters): Promise<readonly RequestDetails[]>;
  nonce(options?: CallParameters & { retryBudgetMs?: number }): Promise<bigint>;
  /** The present status and then each change, until the last state. */
  watch(requestId: RequestId, parameters?: WatchParameters): AsyncGenerator<RequestUpdate, void, void>;
  waitProof(requestId: RequestId, parameters?: WaitProofParameters): Promise<FulfilledRequest>;
  /** Streams a proof into a file of the SDK's own format. */
  download(parameters: DownloadParameters): Promise<DownloadedProof>;
  /** All of it: register, request, wait, download. */
  prove(parameters: ProveParameters): Promise<ProvenRequest>;
  /** Closes the connection. Calls that run end by their signal only. */
  close(): void;
}

/**
 * ```ts
 * const client = createClient({ url: 'http://127.0.0.1:8080', privateKey });
 * const { path } = await client.prove({ elf: { path: 'fibonacci.elf' }, setup, mode: 'core', inputs: [u32Buffer(20)], path: 'fib.proof' });
 * ```
 * Connects on the first call. Throws URL_INVALID or KEY_INVALID.
 */
export function createClient(parameters: ClientParameters): Client {
  const context = createContext(parameters);
  return {
    registerProgram: (program, options) => registerProgram(context, program, options),
    requestProof: (of) => requestProof(context, of),
    cancelRequest: (requestId, options) => cancelRequest(context, requestId, options),
    status: (requestId, options) => status(context, requestId, options),
    details: (requestId, options) => details(context, requestId, options),
    list: (of) => list(context, of),
    nonce: (options) => nonce(context, options),
    watch: (requestId, options) => watch(context, requestId, options),
    waitProof: (requestId, options) => waitProof(context, requestId, options),
    download: (of) => download(context, of),
    prove: (of) => prove(context, of),
    close: () => context.transport.close(),
  };
}

export { type ProofMode, proofModes } from '../engines/jobs.js';
export { type Address, parseRequestId, parseVkHash, type RequestId, type VkHash } from '../ids.js';
export type { CallParameters, ClientParameters } from './context.js';
export type { ListParameters, RequestDetails } from './details.js';
export type { DownloadedProof, DownloadParameters } from './download.js';
export { type ByteSource, u32Buffer } from './encode.js';
export { ClientError, type ClientErrorCode, type ClientFailure } from './errors.js';
export type { RequestProgress } from './progress.js';
export {
  encodeProofFile,
  outlineProofFile,
  type ProofFile,
  type ProofOutline,
  parseProofFile,
} from './proofFile.js';
export type { ProvenRequest, ProveParameters } from './prove.js';
export type { Program, ProgramKey, Registration } from './registerProgram.js';
export type { RequestProofParameters } from './requestProof.js';
export type { Retry } from './retry.js';
export { isFinal, type RequestStatus } from './status.js';
export type { FulfilledRequest, WaitProofParameters } from './waitProof.js';
export type { RequestUpdate, WatchParameters } from './watch.js';
