// How signed messages cross to the thread that recovers their signers: packed into one buffer that is handed over. A message is a slice
// of all that its connection has read at once, and cloning a slice copies the whole.

export interface Signed {
  /** The signed bytes, without the EIP-191 prefix. */
  readonly message: Uint8Array;
  /** 65 bytes r‖s‖v. */
  readonly signature: Uint8Array;
}

const lengthBytes = 4;

/** Of each its message and its signature, with their lengths (u32, big endian) before them. */
export function packSigned(batch: readonly Signed[]): Uint8Array<ArrayBuffer> {
  const parts = batch.flatMap(({ message, signature }) => [message, signature]);
  const packed = new Uint8Array(parts.reduce((sum, part) => sum + lengthBytes + part.length, 0));
  const view = new DataView(packed.buffer);
  let at = 0;
  for (const part of parts) {
    view.setUint32(at, part.length);
    packed.set(part, at + lengthBytes);
    at += lengthBytes + part.length;
  }
  return packed;
}

/** The batch again, as slices of `packed`. */
export function unpackSigned(packed: Uint8Array): Signed[] {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  const batch: Signed[] = [];
  let at = 0;
  const next = () => {
    const start = at + lengthBytes;
    at = start + view.getUint32(at);
    return packed.subarray(start, at);
  };
  while (at < packed.length) batch.push({ message: next(), signature: next() });
  return batch;
}
