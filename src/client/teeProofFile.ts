// A TEE proof as a service answers it and a file holds it: JSON with three arrays of bytes.
import { parseVkHash, type VkHash } from '../ids.js';
import { clientError } from './errors.js';

/** What is signed, and by which bytes. It proves nothing before it is verified. */
export interface TeeProofFile {
  /** r ‖ s ‖ v. */
  readonly signature: Uint8Array;
  /** The program, as the network names it. */
  readonly vkHash: VkHash;
  readonly publicValues: Uint8Array;
}

/** Four characters a byte of the public values, of which a service signs for 1 MiB by default. Far above both. */
const mostBytes = 256 * 2 ** 20;

/**
 * Throws PROOF_MALFORMED. Keys that it does not know are left alone.
 * @example
 * ```ts
 * const { publicValues } = parseTeeProof(file);
 * ```
 */
export function parseTeeProof(file: Uint8Array): TeeProofFile {
  if (file.byteLength > mostBytes) throw malformed(`it has more than ${mostBytes} bytes`);
  let fields: Record<string, unknown>;
  try {
    fields = Object(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(file)));
  } catch {
    throw malformed('it is not JSON');
  }
  const vkHash = parseVkHash(bytesAt(fields, 'vk'));
  if (vkHash === undefined) throw malformed('its vk has not 32 bytes');
  return { signature: bytesAt(fields, 'signature'), vkHash, publicValues: bytesAt(fields, 'public_values') };
}

function bytesAt(fields: Record<string, unknown>, name: string): Uint8Array {
  const value = Object.hasOwn(fields, name) ? fields[name] : undefined;
  const isBytes = Array.isArray(value) && value.every((byte) => Number.isInteger(byte) && byte >= 0 && byte <= 255);
  if (!isBytes) throw malformed(`its ${name} is not an array of bytes`);
  return Uint8Array.from(value as number[]);
}

const malformed = (problem: string) => clientError('PROOF_MALFORMED', { problem });
