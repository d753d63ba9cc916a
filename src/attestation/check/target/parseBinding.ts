// The header `Attestation-Binding`: what a report says it was made over. A hint for the sentence of a failure, and no more.
import { fromHex } from '../../verify/bytes.js';
import type { Binding } from '../../verify/reportData.js';

const form = /^v=1; spki=([0-9a-f]{64}|-); body=([0-9a-f]{64}|-); nonce=([0-9a-f]{64}|-); statement=([0-9a-f]{64}|-)$/;

/** Undefined for anything else. */
export function parseBinding(text: string): Binding | undefined {
  const found = form.exec(text);
  if (found === null) return undefined;
  const [spki, body, nonce, statement] = found.slice(1).map((part) => fromHex(part));
  return { spki, body, nonce, statement };
}
