// GetProgram and CreateProgram. Until a proof was made with it, a program counts for whoever registered it;
// registering it again is OK.
import { createHash } from 'node:crypto';
import { artifactUri, parseArtifactUri } from '../../artifacts/capability.js';
import { vkHash as vkHashOf } from '../../engines/vk.js';
import { FailureError, fail } from '../../errors.js';
import { ProverNetwork } from '../../gen/network/network_pb.js';
import { bytesOf } from '../../ids.js';
import { confirmedProgram, programFor } from '../../store/programs.js';
import { signedBody } from '../signed/signedBody.js';
import { unary } from '../unary.js';
import { vkField } from './circuitVersion.js';
import type { NetworkDependencies } from './dependencies.js';
import { assertElfClass } from './elfClass.js';
import { malformed, vkHashField } from './fields.js';

/** An answer of OK, even an empty one, means "registered" to the SDK: an unknown program must be NOT_FOUND. So must one that is not confirmed: the call
 * names nobody, and whoever asks is to bring an ELF of its own. */
export const getProgram = ({ store }: NetworkDependencies) =>
  unary(ProverNetwork.method.getProgram, (request) => {
    const vkHash = vkHashField(request.vkHash);
    const program = confirmedProgram(store, vkHash);
    if (program === undefined) throw new FailureError(fail('PROGRAM_NOT_FOUND', { vkHash }));
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
 * Checks that the vk hashes to vk_hash here; that the ELF has this vk is checked by the lane that sets the program up.
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
}: NetworkDependencies) =>
  unary(ProverNetwork.method.createProgram, async ({ signature, body }, { raw }) => {
    const message = signedBody(raw);
    if (body === undefined) throw malformed('body', 'it is missing');
    const vkHash = vkHashField(body.vkHash);
    const artifactId = parseArtifactUri(body.programUri);
    if (artifactId === undefined) throw malformed('program_uri', 'it must be the URI that CreateArtifact answered');
    const computed = vkHashOf(vkField(body.vk));
    if (computed !== vkHash) throw new FailureError(fail('VK_HASH_MISMATCH', { vkHash, computed }));

    const owner = await signatures.recover({ message, signature });
    const digest = createHash('sha256').update(message).digest('hex');
    const txHash = new Uint8Array(Buffer.from(digest, 'hex'));
    if (programFor(store, vkHash, owner) !== undefined) {
      // What was read may not be flushed yet, and an answer stands for what is on disk.
      await store.write(() => undefined);
      return { txHash, body: {} };
    }
    const nonce = nonces.accept(owner, body.nonce, digest);
    await direct?.takeIn(artifactId, 'program', owner);
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
      nonce.record(tx);
      catalog.reference(tx, artifactId, vkHash);
      tx.put('programCandidates', [vkHash, owner], {
        vkHash,
        vk: Buffer.from(body.vk).toString('hex'),
        artifactId,
        sha256: artifact.sha256,
        sizeBytes: artifact.sizeBytes,
        ...(artifact.elf && { elf: artifact.elf }),
        owner,
        createdAt: clock.now(),
      });
    });
    return { txHash, body: {} };
  });
