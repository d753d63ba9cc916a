// Bytes as plain Uint8Arrays, and hex as it travels: lower case, without 0x, an even number of digits.

const text = new TextEncoder();

export const bytesOfText = (value: string): Uint8Array => text.encode(value);

export const toHex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

/** Undefined for anything but hex digits of one case or the other. `sizeBytes` asks for a length. */
export function fromAnyHex(hex: string, sizeBytes?: number): Uint8Array | undefined {
  if (hex.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(hex)) return undefined;
  if (sizeBytes !== undefined && hex.length !== sizeBytes * 2) return undefined;
  const bytes = new Uint8Array(hex.length / 2);
  for (let i = 0; i < bytes.byteLength; i++) bytes[i] = Number.parseInt(hex.slice(i * 2, i * 2 + 2), 16);
  return bytes;
}

/** Undefined for upper case as well: what is compared as text must have one form. */
export const fromHex = (hex: string, sizeBytes?: number): Uint8Array | undefined =>
  /[A-F]/.test(hex) ? undefined : fromAnyHex(hex, sizeBytes);

export const equalBytes = (a: Uint8Array, b: Uint8Array): boolean =>
  a.byteLength === b.byteLength && a.every((byte, i) => byte === b[i]);

export const isZero = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === 0);

export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((total, part) => total + part.byteLength, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.byteLength;
  }
  return joined;
}

/** The caller has looked that the bytes are there. */
export const u16le = (bytes: Uint8Array, at: number): number => (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
export const u32le = (bytes: Uint8Array, at: number): number => u16le(bytes, at) + u16le(bytes, at + 2) * 0x10000;

/** Undefined when the bytes are not UTF-8. A byte order mark stays: it is one of the bytes that were signed or hashed. */
export function textOfBytes(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    // The decoder's only error.
    return undefined;
  }
}
