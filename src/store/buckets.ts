// The one list of what is stored, by number. A number is never given twice: a retired one stays here with its date.
import type { Address, ArtifactId, RequestId, Sha256, VkHash } from '../ids.js';

/** Bump when a value's shape changes in a way that older code cannot read; `environment.ts` refuses a newer one. */
export const schemaVersion = 1;

export const bucketNumbers = {
  meta: 1,
  /** Latest snapshot of every request, by request id. */
  snapshots: 2,
  /** Every transition of every request, by request id and contiguous seq from 0. */
  journal: 3,
  /** Requests that are not terminal: what a boot restores, without reading the others. */
  openRequests: 4,
  /** (requester, stdin artifact) → request id: makes a retried RequestProof the same request. */
  submissions: 5,
  /** Requests of a requester by time, newest last: lists. */
  requestsByRequester: 6,
  programs: 7,
  artifacts: 8,
  /** What an effect produced, by (request, stage, attempt); the first writer wins. */
  results: 9,
  /** Used nonces by time, with the digest of the body they signed. */
  nonces: 10,
  /** When to delete what, by time. */
  expiries: 11,
  /** How many programs an address has registered. Those of before there was a limit are not counted. */
  programCounts: 12,
  /** What an owner has registered and no lane has set up yet, by vk hash and owner. */
  programCandidates: 13,
} as const;

export type BucketName = keyof typeof bucketNumbers;

/** One stored actor: which machine wrote it, how many transitions it has made, and its persisted snapshot. */
export interface Envelope {
  readonly machine: string;
  readonly seq: number;
  /** Epoch ms of the transition. */
  readonly at: number;
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
}

/** What the headers of a program's ELF tell, read once when it was uploaded. */
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
  readonly storedAt: number;
  /** What still needs it: request ids and vk hashes. A referenced artifact is never deleted. */
  readonly references: readonly string[];
  /** Its request has ended and the bytes are gone. The record stays as long as its upload URL, so that nothing brings them back. */
  readonly spent?: true;
}

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
  expiries: { key: [at: number, what: string, id: string]; value: true };
}
