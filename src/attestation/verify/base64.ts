// Standard base64 with padding, in its one canonical form.

/** Undefined for anything else: another alphabet, white space, missing padding, bits behind the last byte. */
export function fromBase64(text: string): Uint8Array | undefined {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return undefined;
  const binary = atob(text);
  if (btoa(binary) !== text) return undefined;
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < bytes.byteLength; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}
