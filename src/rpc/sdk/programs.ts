// GetProgram and CreateProgram. Until a proof was made with it, a program counts only for the address that registered it. To register it
// again is OK.
import { createHash } from 'node:crypto';
import { artifactUri, parseArtifactUri } from '../../artifacts/capability.js';
import { fail } from '../../failures/fail.js';
import { FailureError } from '../../failures/failureError.js';
import { malformed } from '../../failures/malformed.js';
import { ProverNetwork } from '../../gen/network/network_pb.js';
import { type Address, type ArtifactId, bytesOf, type VkHash } from '../../ids.js';
import { confirmedProgram, programFor } from '../../programs/programs.js';
import type { Transaction } from '../../store/environment.js';
import { unary } from '../../transport/grpc/unary.js';
import { signedBody } from '../signed/signedBody.js';
import { assertElfClass, assertVkHash } from './circuits.js';
import type { SdkDependencies } from './dependencies.js';
import { vkHashField } from './fields.js';

/**
 * An answer of OK, even an empty one, means "registered" to the SDK: an unknown program must be NOT_FOUND. So must one that is not
 * confirmed: the call names no address, and its client has to bring an ELF of its own.
 */
export const getProgram = ({ store }: SdkDependencies) =>
  unary(ProverNetwork.method.getProgram, async (request) => {
    const vkHash = vkHashField(request.vkHash);
    const program = confirmedProgram(store, vkHash);
    if (program === undefined) throw new FailureError(fail('PROGRAM_NOT_FOUND', { vkHash }));
    // What was read may not be flushed yet, and an answer stands for what is on disk.
    await store.settled();
    return {
      program: {
        vkHash: bytesOf(vkHash),
        vk: new Uint8Array(Buffer.from(program.vk, 'hex')),
        programUri: artifactUri(program.artifactId),
        owner: bytesOf(program.owner),
        createdAt: BigInt(Math.floor(program.createdAt / 1000)),
      },
    };
  });

/**
 * Checks that the vk hashes to vk_hash. The lane that sets the program up checks that the ELF has this vk.
 * The body's nonce only makes its signature unique: a replay registers what is registered already.
 */
export const createProgram = ({
  store,
  catalog,
  direct,
  signatures,
  nonces,
  clock,
  maxProgramsOfOwner,
}: SdkDependencies) =>
  unary(ProverNetwork.method.createProgram, async ({ signature, body }, { raw }) => {
    const message = signedBody(raw);
    if (body === undefined) throw malformed('body', 'it is missing');
    const vkHash = vkHashField(body.vkHash);
    const artifactId = parseArtifactUri(body.programUri);
    if (artifactId === undefined) throw malformed('program_uri', 'it must be the URI that CreateArtifact answered');
    assertVkHash(body.vk, vkHash);

    const owner = await signatures.recover({ message, signature });
    const digest = createHash('sha256').update(message).digest('hex');
    const txHash = new Uint8Array(Buffer.from(digest, 'hex'));
    if (programFor(store, vkHash, owner) !== undefined) {
      // What was read may not be flushed yet, and an answer stands for what is on disk.
      await store.settled();
      return { txHash, body: {} };
    }
    const nonce = nonces.accept(owner, body.nonce, digest);
    await direct?.takeIn(artifactId, 'program', owner);
    const { vk } = body;
    await registerProgram(
      { store, catalog, clock, maxProgramsOfOwner },
      { vkHash, vk, artifactId, owner },
      nonce.record,
    );
    return { txHash, body: {} };
  });

interface NewProgram {
  readonly vkHash: VkHash;
  readonly vk: Uint8Array;
  readonly artifactId: ArtifactId;
  readonly owner: Address;
}

/** Counts for its owner from here on. `alsoWrite` joins the transaction, unless the program is known already. */
export async function registerProgram(
  {
    store,
    catalog,
    clock,
    maxProgramsOfOwner,
  }: Pick<SdkDependencies, 'store' | 'catalog' | 'clock' | 'maxProgramsOfOwner'>,
  { vkHash, vk, artifactId, owner }: NewProgram,
  alsoWrite: (tx: Transaction) => void,
): Promise<void> {
  const artifact = catalog.owned(artifactId, 'program', owner);
  // Only keys of SP1 6 have passed `vkField`.
  assertElfClass(artifact.elf, 6);
  await store.write((tx) => {
    // The same client may register it twice at once, and another's may have been confirmed.
    if (programFor(tx, vkHash, owner) !== undefined) return;
    const count = tx.get('programCounts', owner) ?? 0;
    if (count >= maxProgramsOfOwner)
      throw new FailureError(fail('PROGRAMS_FULL', { owner, limit: maxProgramsOfOwner }));
    tx.put('programCounts', [owner], count + 1);
    alsoWrite(tx);
    catalog.reference(tx, artifactId, vkHash);
    tx.put('programCandidates', [vkHash, owner], {
      vkHash,
      vk: Buffer.from(vk).toString('hex'),
      artifactId,
      sha256: artifact.sha256,
      sizeBytes: artifact.sizeBytes,
      ...(artifact.elf && { elf: artifact.elf }),
      ...(artifact.fileId && { fileId: artifact.fileId }),
      owner,
      createdAt: clock.now(),
    });
  });
}
