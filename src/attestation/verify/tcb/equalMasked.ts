// Equality of the bits that a mask names, byte by byte.

export const equalMasked = (a: Uint8Array, b: Uint8Array, mask: Uint8Array): boolean =>
  a.byteLength === mask.byteLength && mask.every((bits, i) => ((a[i] ?? 0) & bits) === ((b[i] ?? 0) & bits));
