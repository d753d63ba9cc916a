// Valid signed RequestProof calls, prepared before anything is measured: a program and thousands of tiny inputs are put into a data
// folder while no service runs, exactly as uploads would have left them.
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { create, toBinary } from '@bufbuild/protobuf';
import { artifactUri } from '../src/artifacts/capability.js';
import { createArtifactPaths } from '../src/artifacts/paths.js';
import { createSigner, type Signer } from '../src/client/signer.js';
import { parseVk, vkHash as vkHashOf } from '../src/engines/vk.js';
import {
  FulfillmentStrategy,
  MessageFormat,
  RequestProofRequestBodySchema,
  RequestProofRequestSchema,
} from '../src/gen/network/network_pb.js';
import { type ArtifactId, bytesOf, newArtifactId, type Sha256, type VkHash } from '../src/ids.js';
import { openStore, type Store } from '../src/store/environment.js';
import { fakeVk, programArtifact } from '../src/testkit/fakeProof.js';

export const elf = Buffer.from('\x7fELF, as far as the fake engine cares');
export const vk = fakeVk(elf);
export const vkHash = vkHashOf(parseVk(vk) as NonNullable<ReturnType<typeof parseVk>>) as VkHash;

export const signer: Signer = createSigner(randomBytes(32).toString('hex'));

/** SP1Stdin with one buffer of four bytes. */
const stdin = Buffer.from(`0100000000000000040000000000000014000000${'00'.repeat(16)}`, 'hex');
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex') as Sha256;
const batch = 2_000;

/** Registers the program and `count` inputs of `signer` in the data folder, which no service may have open. Answers the inputs' ids. */
export async function seed(data: string, count: number): Promise<ArtifactId[]> {
  mkdirSync(data, { recursive: true, mode: 0o700 });
  const store = await openStore(join(data, 'store'));
  try {
    return await seedStore(store, data, count);
  } finally {
    await store.close();
  }
}

export async function seedStore(store: Store, data: string, count: number): Promise<ArtifactId[]> {
  const paths = createArtifactPaths(join(data, 'artifacts'));
  const program = programArtifact(elf);
  const common = { owner: signer.address, private: true, storedAt: Date.now() };
  const put = (id: ArtifactId, kind: 'program' | 'stdin', bytes: Uint8Array) => {
    const path = paths.final(id, kind);
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFileSync(path, bytes);
    return { kind, ...common, sha256: sha256(bytes), sizeBytes: bytes.byteLength };
  };
  const programId = newArtifactId();
  const { sha256: programSha256, sizeBytes, ...rest } = put(programId, 'program', program);
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
    });
  });
  const ids = Array.from({ length: count }, newArtifactId);
  for (let start = 0; start < count; start += batch) {
    const some = ids.slice(start, start + batch);
    const records = some.map((id) => put(id, 'stdin', stdin));
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

/** One signed RequestProof message for each input. They must be sent within the 15 minutes for which a nonce is good. */
export function signedRequests(ids: readonly ArtifactId[], now = Date.now()): Uint8Array[] {
  return ids.map((id) => {
    const body = create(RequestProofRequestBodySchema, {
      // A nonce is a time in microseconds, not in the future, and each only once.
      nonce: BigInt(now * 1000 - nonces++),
      vkHash: bytesOf(vkHash),
      version: 'sp1-v6.1.0',
      mode: 1,
      strategy: FulfillmentStrategy.HOSTED,
      stdinUri: artifactUri(id),
      deadline: BigInt(Math.ceil(now / 1000) + 4 * 3600),
      cycleLimit: 2n ** 64n - 1n,
      gasLimit: 2n ** 64n - 1n,
      stdinPrivate: true,
    });
    const signature = signer.sign(toBinary(RequestProofRequestBodySchema, body));
    return toBinary(
      RequestProofRequestSchema,
      create(RequestProofRequestSchema, { format: MessageFormat.BINARY, signature, body }),
    );
  });
}
