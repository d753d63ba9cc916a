// What a quote of sealed-prover is made for: one connection, one key for bodies, one statement, at one person's request.
import { bytesOfText, concatBytes } from './bytes.js';
import { sha512 } from './crypto.js';
import { refuse } from './failure.js';

export const bindingParts = ['nonce', 'spki', 'body', 'statement'] as const;
export type BindingPart = (typeof bindingParts)[number];

/**
 * 32 bytes each: the client's nonce, SHA-256 of the SubjectPublicKeyInfo that TLS shows, the X25519 key for sealed bodies, SHA-256 of the
 * statement's exact bytes. Absent parts are empty.
 */
export type Binding = { readonly [Part in BindingPart]?: Uint8Array | undefined };

/** A label for each purpose keeps quotes of others apart: any container beside the agent can have any 64 bytes quoted. */
const label = 'sealed-prover/attest/1';

const partBytes = 32;

/**
 * SHA-512( LP(label) ‖ LP(nonce) ‖ LP(spki) ‖ LP(body) ‖ LP(statement) ): 64 bytes; LP is a u32 big-endian length and the bytes. Rejects with
 * REPORT_DATA_WRONG when a part has not 32 bytes: an empty one would look bound, and is not.
 */
export async function reportData(binding: Binding): Promise<Uint8Array> {
  for (const name of bindingParts) {
    const size = binding[name]?.byteLength ?? partBytes;
    if (size !== partBytes)
      refuse('REPORT_DATA_WRONG', `The ${name} to be quoted has ${size} bytes, not ${partBytes}.`);
  }
  const parts = [bytesOfText(label), ...bindingParts.map((part) => binding[part] ?? new Uint8Array())];
  return sha512(concatBytes(...parts.flatMap((part) => [lengthOf(part), part])));
}

function lengthOf({ byteLength }: Uint8Array): Uint8Array {
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, byteLength);
  return length;
}
