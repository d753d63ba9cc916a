// The one list of what is stored, by number. A number is never given twice: a retired one stays here with its date.
import type { Failure } from '../failures/catalog.js';
import type { Address, ArtifactId, LaneId, RequestId, Sha256, SignerId, VkHash } from '../ids.js';

/** Bump when keys or values change in a way that older code cannot read; `environment.ts` refuses a newer one and migrates an older one. */
export const schemaVersion = 2;

export const bucketNumbers = {
  meta: 1,
  /** Latest snapshot of every request, by request id. */
  snapshots: 2,
  /** Every transition of every request, by request id and contiguous seq from 0. */
  journal: 3,
  /** Requests that are not terminal: what a boot restores, without reading the others. */
  openRequests: 4,
  /** Retired with schema 2 (2026-11-30) for `requestOfStdin`: (requester, stdin artifact) → request id. */
  submissions: 5,
  /** Ended requests of a requester by time, newest last: lists. Open ones are in memory. Schema 1 has those here, too. */
  requestsByRequester: 6,
  programs: 7,
  artifacts: 8,
  /** What an effect produced, by (request, stage, attempt). The first writer wins. */
  results: 9,
  /** Used nonces by time, with the digest of the body they signed. */
  nonces: 10,
  /** When to delete what, by time. */
  expiries: 11,
  /** How many programs an address has registered. Those of before there was a limit are not counted. */
  programCounts: 12,
  /** What an owner has registered and no lane has set up yet, by vk hash and owner. */
  programCandidates: 13,
  /** How many artifacts have their bytes in the same file. */
  sharedFiles: 14,
  /** Latest snapshot of every signer: facts about a signing key, never the key. */
  signerSnapshots: 15,
  signerJournal: 16,
  /** Signers that have not ended. */
  openSigners: 17,
  /**
   * Stdin artifact → request id: makes a retried RequestProof the same request. The artifact's owner is the requester. Its id begins
   * with a time, so that the entries of requests that come together lie together.
   */
  requestOfStdin: 18,
  /** Latest snapshot of every delivery, by the network's request id. */
  deliveries: 19,
  deliveryJournal: 20,
  openDeliveries: 21,
  /** Requests that were about to be forwarded to the network, and whose fate is not recorded yet. */
  networkIntents: 22,
  /** Programs that are uploaded through us: where the network keeps them, by its URI. */
  networkUploads: 23,
  /** Programs that the network has registered. False: and what it has of them cannot be used. */
  networkPrograms: 24,
  /** (Caller, idempotency key) → request id: makes a repeated POST /request_proof the same request. */
  requestOfKey: 25,
  /** The same by the id that the program has here: its URI at the network. */
  networkUploadUris: 30,
  /** What `requestOfKey` has of a request: goes with it. */
  keysOfRequest: 31,
  /** Which durable machines have ended, by kind and time: whose records go next. */
  ended: 32,
  /** Deliveries that the network has refused for good, in which words, and until when it would take their reports. */
  refusedDeliveries: 33,
  /** What has happened to durable machines, lanes and the service, by number. The last entry stays: the next number is behind it. */
  feed: 40,
  /** What operators have done, by its number in the feed. It stays when the feed is trimmed. */
  audit: 41,
  /** What came of an action, by the operation id that its caller gave: the same one again is answered, and not done again. */
  operations: 42,
} as const;

export type BucketName = keyof typeof bucketNumbers;

/** One stored actor: which machine wrote it, how many transitions it has made, and its persisted snapshot. */
export interface Envelope {
  readonly machine: string;
  readonly seq: number;
  /** Epoch ms of the transition. */
  readonly at: number;
  /** How old the actor was then (ms): running time, but wall-clock time while the service was down. Not in older records. */
  readonly elapsedMs?: number;
  /** What XState's getPersistedSnapshot returned; plain data. */
  readonly snapshot: unknown;
}

export interface JournalEntry {
  readonly at: number;
  /** State paths, for example `executing.running`. The first entry has an empty `from`. */
  readonly from: string;
  readonly to: string;
  /** Type of the event that caused it. */
  readonly on: string;
  /** In which life of the service, counted from its first start with this data folder. Absent, as all below, in older entries. */
  readonly life?: number;
  /** Where it runs from here on, or has run until here. */
  readonly lane?: LaneId;
  /** Which try at its stage this is or was. */
  readonly attempt?: number;
  /** Of a stage that has failed. */
  readonly failure?: Failure;
  /** The operator's action that caused it. */
  readonly act?: Act;
}

/** An operator's action. Plain data. */
export interface Act {
  readonly operator: string;
  /** The name is the caller's own word. */
  readonly isClaimed: boolean;
  /** For example `request.cancel`. */
  readonly action: string;
  /** Request id, lane, program; empty where it is about the service. */
  readonly target: string;
  readonly reason: string;
  readonly operationId: string;
  /** Digest of the call, so that an operation id does not stand for two. */
  readonly call: Sha256;
  /** Sentences. */
  readonly effects: readonly string[];
}

/** What came of an operation. */
export interface Operation {
  readonly call: Sha256;
  /** The number of the action in the feed. */
  readonly feed: number;
  readonly effects: readonly string[];
}

/** What the headers of a program's ELF say, read once when it was uploaded. */
export interface ElfFacts {
  /** 32 for SP1 5, 64 for SP1 6. */
  readonly class: 32 | 64;
  /** SDKs up to 6.8.0 and from 6.8.1 on load it differently, and so make different verifying keys of it. */
  readonly zeroFillTrap: boolean;
}

export interface ProgramRecord {
  readonly vkHash: VkHash;
  /** bincode SP1VerifyingKey in hex, as registered. */
  readonly vk: string;
  readonly artifactId: ArtifactId;
  /** Of the program artifact's bytes (u64 length ‖ ELF). */
  readonly sha256: Sha256;
  readonly sizeBytes: number;
  /** Absent in records of releases that took only 64-bit ELFs. */
  readonly elf?: ElfFacts;
  /** Where its bytes lie. Absent in records of releases that kept each under its `artifactId`. */
  readonly fileId?: ArtifactId;
  readonly owner: Address;
  readonly createdAt: number;
  /** A lane has set this ELF up and got this vk. Until then it counts for its owner only. */
  readonly confirmed?: true;
}

export interface ArtifactRecord {
  readonly kind: 'program' | 'stdin' | 'proof';
  readonly owner: Address;
  /** Uploaded as PRIVATE_STDIN. */
  readonly private: boolean;
  /** Of the raw (decompressed) bytes, which are also the stored ones. */
  readonly sha256: Sha256;
  readonly sizeBytes: number;
  /** Of a program. Absent in records of releases that took only 64-bit ELFs. */
  readonly elf?: ElfFacts;
  /** The file that it shares with all of the same bytes. Absent: it has one of its own, under its id. */
  readonly fileId?: ArtifactId;
  readonly storedAt: number;
  /** What still needs it: request ids and vk hashes. A referenced artifact is never deleted. */
  readonly references: readonly string[];
  /** A program that came with its one request, and goes with it. */
  readonly ofRequest?: true;
  /** Its request has ended and the bytes are gone. The record stays as long as its upload URL, so that nothing brings them back. */
  readonly spent?: true;
}

export interface NetworkUpload {
  readonly artifactId: ArtifactId;
  /** Where the network takes the bytes. It expires. */
  readonly presignedUrl: string;
  readonly pushed: boolean;
  /** Epoch ms. */
  readonly at: number;
}

/** What has happened. Of a durable machine its journal tells all of it. */
export type FeedEntry = { readonly at: number } & (
  | { readonly what: 'request' | 'delivery'; readonly id: RequestId; readonly seq: number }
  | { readonly what: 'signer'; readonly id: SignerId; readonly seq: number }
  | {
      readonly what: 'lane';
      readonly id: LaneId;
      /** Empty for the first that is known of it. */
      readonly from: string;
      readonly to: string;
      readonly warm: boolean;
    }
  /** The service was started. */
  | { readonly what: 'start'; readonly life: number }
  /** An operator has acted: the audit says how. */
  | { readonly what: 'act' }
);

export interface BucketTypes {
  meta: { key: [name: string]; value: unknown };
  snapshots: { key: [RequestId]; value: Envelope };
  journal: { key: [RequestId, seq: number]; value: JournalEntry };
  openRequests: { key: [RequestId]; value: true };
  submissions: { key: [Address, ArtifactId]; value: RequestId };
  requestsByRequester: { key: [Address, at: number, RequestId]; value: true };
  programs: { key: [VkHash]; value: ProgramRecord };
  programCandidates: { key: [VkHash, Address]; value: ProgramRecord };
  artifacts: { key: [ArtifactId]; value: ArtifactRecord };
  results: { key: [RequestId, stage: string, attempt: number]; value: unknown };
  nonces: { key: [nonce: number, Address]; value: string };
  programCounts: { key: [Address]; value: number };
  signerSnapshots: { key: [SignerId]; value: Envelope };
  signerJournal: { key: [SignerId, seq: number]; value: JournalEntry };
  openSigners: { key: [SignerId]; value: true };
  sharedFiles: { key: [fileId: ArtifactId]; value: number };
  deliveries: { key: [RequestId]; value: Envelope };
  deliveryJournal: { key: [RequestId, seq: number]; value: JournalEntry };
  openDeliveries: { key: [RequestId]; value: true };
  networkIntents: { key: [Address, ArtifactId]; value: unknown };
  networkUploads: { key: [programUri: string]; value: NetworkUpload };
  networkPrograms: { key: [VkHash]; value: boolean };
  networkUploadUris: { key: [ArtifactId]; value: string };
  expiries: { key: [at: number, what: string, id: string]; value: true };
  requestOfStdin: { key: [ArtifactId]; value: RequestId };
  requestOfKey: { key: [caller: Address, key: string]; value: RequestId };
  keysOfRequest: { key: [RequestId, caller: Address, key: string]; value: true };
  refusedDeliveries: { key: [RequestId]; value: { readonly text: string; readonly closesAt: number } };
  ended: { key: [kind: string, at: number, id: string]; value: true };
  feed: { key: [n: number]; value: FeedEntry };
  audit: { key: [n: number]; value: { readonly at: number } & Act };
  operations: { key: [operationId: string]; value: Operation };
}
