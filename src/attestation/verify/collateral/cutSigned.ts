// The signed object out of an answer of Intel's service, `{"tcbInfo":{…},"signature":"…"}`, in exactly the bytes that were signed.
import { fromAnyHex } from '../bytes.js';
import { refuse } from '../failure.js';
import { JsonError, parseJson } from '../json/parseJson.js';

export interface CutSigned {
  readonly text: string;
  readonly signature: Uint8Array;
}

/** Parsing and writing it again would give other bytes, so it is cut out of the text. COLLATERAL_MALFORMED. */
export function cutSigned(body: string, name: 'tcbInfo' | 'enclaveIdentity'): CutSigned {
  const before = `{"${name}":`;
  const cut = /^(.*),"signature":"([0-9a-fA-F]{128})"\}\s*$/s.exec(body.slice(before.length));
  const signature = fromAnyHex(cut?.[2] ?? '', 64);
  const text = cut?.[1];
  if (!body.startsWith(before) || text === undefined || signature === undefined)
    return refuse('COLLATERAL_MALFORMED', `The answer is not {"${name}":…,"signature":"…"}.`);
  try {
    parseJson(text);
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    refuse('COLLATERAL_MALFORMED', `The ${name} of the answer cannot be read: ${error.message}.`);
  }
  return { text, signature };
}
