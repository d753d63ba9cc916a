// Valid signed RequestProof calls, prepared before anything is measured: a program and thousands of tiny inputs are put into a data
// folder while no service runs, exactly as uploads would have left them.

import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { create, toBinary } from '@bufbuild/protobuf';
import { artifactUri } from '../src/artifacts/capability.js';
import { createSigner, type Signer } from '../src/client/signer.js';
import { parseVk, vkHash as vkHashOf } from '../src/engines/vk.js';
import {
  FulfillmentStrategy,
  MessageFormat,
  RequestProofRequestBodySchema,
  RequestProofRequestSchema,
} from '../src/gen/network/network_pb.js';
import { type ArtifactId, bytesOf, type Sha256, type VkHash } from '../src/ids.js';
import { openStore, type Store } from '../src/store/environment.js';
import { createLayout } from '../src/storedBytes/layout.js';
import { sampleProgram } from '../src/testkit/artifacts/sampleArtifacts.js';
import { fakeVk, programArtifact } from '../src/testkit/engine/fakeProof.js';
import { sampleArtifactId } from '../src/testkit/sampleIds.js';

export const requestProofPath = '/network.ProverNetwork/RequestProof';

/** An ELF as far as anything looks that does not run it. */
export const elf = sampleProgram().subarray(8);
export const vk = fakeVk(elf);
export const vkHash = vkHashOf(parseVk(vk) as NonNullable<ReturnType<typeof parseVk>>) as VkHash;

export const signerKey = randomBytes(32).toString('hex');
export const signer: Signer = createSigner(signerKey);

const signers = [signer];
/** The nth of as many as are wanted. */
function signerOf(n: number): Signer {
  while (signers.length <= n) signers.push(createSigner(randomBytes(32).toString('hex')));
  return signers[n] as Signer;
}

/** SP1Stdin with one buffer of four bytes. */
export const stdin = Buffer.from(`0100000000000000040000000000000014000000${'00'.repeat(16)}`, 'hex');
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex') as Sha256;
const batch = 2_000;

/**
 * Registers the program and `count` inputs in the data folder, which no service may have open. They belong to `owners` signers in turn.
 * Answers the inputs' ids.
 */
export async function seed(data: string, count: number, owners = 1): Promise<ArtifactId[]> {
  mkdirSync(data, { recursive: true, mode: 0o700 });
  const store = await openStore(join(data, 'store'));
  try {
    return await seedStore(store, data, count, owners);
  } finally {
    await store.close();
  }
}

export async function seedStore(store: Store, data: string, count: number, owners = 1): Promise<ArtifactId[]> {
  const layout = createLayout(join(data, 'artifacts'));
  const program = programArtifact(elf);
  const common = { private: true, storedAt: Date.now() };
  const put = (id: ArtifactId, kind: 'program' | 'stdin', bytes: Uint8Array, { address: owner }: Signer) => {
    const { path } = layout.final(id, kind);
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFileSync(path, bytes);
    return { kind, owner, ...common, sha256: sha256(bytes), sizeBytes: bytes.byteLength };
  };
  const programId = sampleArtifactId();
  const { sha256: programSha256, sizeBytes, ...rest } = put(programId, 'program', program, signer);
  await store.write((tx) => {
    tx.put('artifacts', [programId], { ...rest, sha256: programSha256, sizeBytes, references: [vkHash] });
    tx.put('programs', [vkHash], {
      vkHash,
      vk: vk.toString('hex'),
      artifactId: programId,
      sha256: programSha256,
      sizeBytes,
      owner: signer.address,
      createdAt: Date.now(),
      confirmed: true,
    });
  });
  // As uploads one after the other leave them: an id begins with the time of its upload.
  const ids = Array.from({ length: count }, () => sampleArtifactId()).sort();
  for (let start = 0; start < count; start += batch) {
    const some = ids.slice(start, start + batch);
    const records = some.map((id, n) => put(id, 'stdin', stdin, signerOf((start + n) % owners)));
    await store.write((tx) => {
      for (const [n, id] of some.entries()) {
        const record = records[n];
        if (record !== undefined) tx.put('artifacts', [id], { ...record, references: [] });
      }
    });
  }
  return ids;
}

export const stdinRef = (id: ArtifactId) => ({ id, sha256: sha256(stdin), sizeBytes: stdin.byteLength });

let nonces = 0;

/** One signed RequestProof message for each seeded input, by the `owners` for whom they were seeded. */
export const signedRequests = (ids: readonly ArtifactId[], owners = 1): Uint8Array[] =>
  signedMessages(ids.map(artifactUri), owners);

/** As many messages as inputs' URIs. They must be sent within the 15 minutes for which a nonce is good. */
export function signedMessages(stdinUris: readonly string[], owners = 1): Uint8Array[] {
  const now = Date.now();
  return stdinUris.map((stdinUri, n) => {
    const body = create(RequestProofRequestBodySchema, {
      // A nonce is a time in microseconds, not in the future, and each only once.
      nonce: BigInt(now * 1000 - nonces++),
      vkHash: bytesOf(vkHash),
      version: 'sp1-v6.1.0',
      mode: 1,
      strategy: FulfillmentStrategy.HOSTED,
      stdinUri,
      deadline: BigInt(Math.ceil(now / 1000) + 4 * 3600),
      cycleLimit: 2n ** 64n - 1n,
      gasLimit: 2n ** 64n - 1n,
      stdinPrivate: true,
    });
    const signature = signerOf(n % owners).sign(toBinary(RequestProofRequestBodySchema, body));
    return toBinary(
      RequestProofRequestSchema,
      create(RequestProofRequestSchema, { format: MessageFormat.BINARY, signature, body }),
    );
  });
}
