// What the network knows: accounts and their nonces, who signs for whom, reservations, programs, artifacts, requests, transactions.
import { createHash } from 'node:crypto';
import { keccak_256 } from '@noble/hashes/sha3';
import type { Clock } from '../../clock.js';
import type { ArtifactType } from '../../gen/artifact/artifact_pb.js';
import {
  ExecutionStatus,
  FulfillmentStatus,
  type ProofRequest,
  type RequestProofRequestBody,
} from '../../gen/network/network_pb.js';
import { type Address, bytesOf, type RequestId, type VkHash } from '../../ids.js';
import { randomHex, systemRandom } from '../../random.js';
import type { Switches } from './switches.js';

export interface FakeArtifact {
  readonly id: string;
  readonly type: ArtifactType;
  /** In the URL that it may be uploaded to, for the one who created it. */
  readonly token: string;
  bytes: Buffer | undefined;
  puts: number;
}

export interface FakeProgram {
  readonly vkHash: VkHash;
  readonly vk: Uint8Array;
  readonly programUri: string;
  readonly owner: Address;
  readonly createdAt: number;
}

export interface FakeRequest {
  readonly requestId: RequestId;
  readonly requester: Address;
  readonly body: RequestProofRequestBody;
  readonly createdAt: number;
  readonly txHash: string;
  deadline: bigint;
  fulfiller: Address | undefined;
  fulfillment: FulfillmentStatus;
  execution: ExecutionStatus;
  error: number;
  executeFailCause: number;
  updatedAt: number;
  fulfilledAt: number | undefined;
  fulfillTxHash: string | undefined;
  proofArtifact: FakeArtifact | undefined;
  publicValuesHash: string | undefined;
  /** Accepted FulfillProofs. More than one is a fault of the prover, or of this network. */
  accepted: number;
  readonly history: FulfillmentStatus[];
}

export interface FakeTransaction {
  readonly txHash: string;
  readonly sender: Address;
  readonly signature: Uint8Array;
  readonly nonce: bigint;
  readonly method: string;
  readonly createdAt: number;
  readonly requestId: RequestId | undefined;
}

export interface Ledger {
  readonly nonces: Map<Address, bigint>;
  /** Delegate → owner. */
  readonly owners: Map<Address, Address>;
  /** Requester → prover. */
  readonly reservations: Map<Address, { readonly fulfiller: Address; readonly createdAt: number }>;
  /** Fronts that the network takes for private ones. */
  readonly teeWhitelist: Set<Address>;
  readonly programs: Map<VkHash, FakeProgram>;
  readonly artifacts: Map<string, FakeArtifact>;
  readonly requests: Map<RequestId, FakeRequest>;
  readonly transactions: Map<string, FakeTransaction>;
  /** Of an account that has signed nothing yet: 0. */
  nonceOf(address: Address): bigint;
  ownerOf(signer: Address): Address;
  newArtifact(type: ArtifactType): FakeArtifact;
  /** Under the id that the switch says. */
  newRequest(requester: Address, body: RequestProofRequestBody, raw: Uint8Array, txHash: string): FakeRequest;
  /** Notes the change with the time. */
  become(request: FakeRequest, status: FulfillmentStatus): void;
  /** As it is now: a deadline that has passed shows. */
  statusOf(request: FakeRequest): FulfillmentStatus;
}

export const secondsNow = (clock: Pick<Clock, 'now'>): number => Math.floor(clock.now() / 1000);

export const sha256Hex = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** The last part of its names: no two are the same. */
const newName = () => `artifact_${randomHex(systemRandom, 13)}`;

export function createLedger({ clock, switches }: { clock: Clock; switches: () => Switches }): Ledger {
  const ledger: Ledger = {
    nonces: new Map(),
    owners: new Map(),
    reservations: new Map(),
    teeWhitelist: new Set(),
    programs: new Map(),
    artifacts: new Map(),
    requests: new Map(),
    transactions: new Map(),
    nonceOf: (address) => ledger.nonces.get(address) ?? 0n,
    ownerOf: (signer) => ledger.owners.get(signer) ?? signer,
    newArtifact(type) {
      const artifact = { id: newName(), type, token: randomHex(systemRandom, 16), bytes: undefined, puts: 0 };
      ledger.artifacts.set(artifact.id, artifact);
      return artifact;
    },
    newRequest(requester, body, raw, txHash) {
      const isHash = switches().requestIds === 'keccak';
      const requestId = (
        isHash
          ? Buffer.from(keccak_256(Buffer.concat([bytesOf(requester), raw]))).toString('hex')
          : randomHex(systemRandom, 32)
      ) as RequestId;
      const now = secondsNow(clock);
      const request: FakeRequest = {
        requestId,
        requester,
        body,
        createdAt: now,
        txHash,
        deadline: body.deadline,
        fulfiller: undefined,
        fulfillment: FulfillmentStatus.REQUESTED,
        execution: ExecutionStatus.UNEXECUTED,
        error: 0,
        executeFailCause: 0,
        updatedAt: now,
        fulfilledAt: undefined,
        fulfillTxHash: undefined,
        proofArtifact: undefined,
        publicValuesHash: undefined,
        accepted: 0,
        history: [FulfillmentStatus.REQUESTED],
      };
      ledger.requests.set(requestId, request);
      return request;
    },
    become(request, status) {
      request.fulfillment = status;
      request.updatedAt = secondsNow(clock);
      request.history.push(status);
    },
    statusOf({ fulfillment, deadline }) {
      const isLate = fulfillment === FulfillmentStatus.ASSIGNED && deadline < BigInt(secondsNow(clock));
      return isLate && switches().expiredAs === 'expired' ? FulfillmentStatus.EXPIRED : fulfillment;
    },
  };
  return ledger;
}

/** Of the base schema, as details and lists have it. */
export function shownRequest(
  { programs, statusOf }: Ledger,
  request: FakeRequest,
  uris: { readonly programPublicUri: string },
): Omit<ProofRequest, '$typeName' | '$unknown'> {
  const { body } = request;
  return {
    requestId: bytesOf(request.requestId),
    vkHash: body.vkHash,
    version: body.version,
    mode: body.mode,
    strategy: body.strategy,
    programUri: programs.get(Buffer.from(body.vkHash).toString('hex') as VkHash)?.programUri ?? '',
    stdinUri: body.stdinUri,
    deadline: request.deadline,
    cycleLimit: body.cycleLimit,
    fulfillmentStatus: statusOf(request),
    executionStatus: request.execution,
    requester: bytesOf(request.requester),
    ...(request.fulfiller !== undefined && { fulfiller: bytesOf(request.fulfiller) }),
    createdAt: BigInt(request.createdAt),
    updatedAt: BigInt(request.updatedAt),
    ...(request.fulfilledAt !== undefined && { fulfilledAt: BigInt(request.fulfilledAt) }),
    txHash: Buffer.from(request.txHash, 'hex'),
    ...(request.publicValuesHash !== undefined && { publicValuesHash: Buffer.from(request.publicValuesHash, 'hex') }),
    gasLimit: body.gasLimit,
    executeFailCause: request.executeFailCause,
    settlementStatus: 0,
    programPublicUri: uris.programPublicUri,
    stdinPublicUri: body.stdinUri,
    minAuctionPeriod: body.minAuctionPeriod,
    whitelist: body.whitelist,
    error: request.error,
    stdinPrivate: body.stdinPrivate,
  };
}
