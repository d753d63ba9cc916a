// Makes a program known to the service: its verifying key names it, its ELF is uploaded once.
import { Buffer } from 'node:buffer';
import { create, toBinary } from '@bufbuild/protobuf';
import { ArtifactType } from '../gen/artifact/artifact_pb.js';
import { CreateProgramRequestBodySchema, MessageFormat, ProverNetwork } from '../gen/network/network_pb.js';
import { bytesOf, type VkHash } from '../ids.js';
import type { Call, CallParameters, Context } from './context.js';
import { type ByteSource, encodeProgram } from './encode.js';
import { clientError } from './errors.js';
import { freshNonce } from './nonce.js';
import { CallFailed } from './transport.js';
import { upload } from './upload.js';

/** What the SDK's `setup(elf)` gives: 104 bytes of bincode SP1VerifyingKey, and its `hash_bytes()`. */
export interface ProgramKey {
  readonly vk: Uint8Array;
  readonly vkHash: VkHash;
}

export interface Program extends ProgramKey {
  readonly elf: ByteSource;
}

export interface Registration {
  readonly vkHash: VkHash;
  /** False when the service had it already: nothing was uploaded. */
  readonly registered: boolean;
}

/** Idempotent. VK_HASH_MISMATCH when the service holds another vk under this hash; else as every call. @internal */
export async function registerProgram(
  context: Context,
  { elf, vk, vkHash }: Program,
  options: CallParameters = {},
): Promise<Registration> {
  const known = await context.attempt('GetProgram', options, (call) => findProgram(call, vkHash));
  if (known !== undefined) {
    // An answer without vk also says "registered".
    if (known.byteLength > 0 && !Buffer.from(vk).equals(known)) throw clientError('VK_HASH_MISMATCH', { vkHash });
    return { vkHash, registered: false };
  }
  const programUri = await upload(context, { ...options, type: ArtifactType.PROGRAM, body: await encodeProgram(elf) });
  await context.attempt('CreateProgram', options, async (call) => {
    const body = create(CreateProgramRequestBodySchema, {
      nonce: await freshNonce(context, call),
      vkHash: bytesOf(vkHash),
      vk,
      programUri,
    });
    const signature = context.signerFor('CreateProgram').sign(toBinary(CreateProgramRequestBodySchema, body));
    await call(ProverNetwork.method.createProgram, { format: MessageFormat.BINARY, signature, body });
  });
  return { vkHash, registered: true };
}

/** The registered vk, empty when the service does not give it. Undefined when the program is not registered. */
async function findProgram(call: Call, vkHash: VkHash): Promise<Uint8Array | undefined> {
  try {
    const { program } = await call(ProverNetwork.method.getProgram, { vkHash: bytesOf(vkHash) });
    return program?.vk ?? new Uint8Array();
  } catch (error) {
    if (error instanceof CallFailed && error.status === 'NOT_FOUND') return undefined;
    throw error;
  }
}
