// What is authenticated beside the bodies: of a request its method, path and content type; of an answer its status and content type; of
// both, frame by frame, whether it is the last one.
import { joined } from './bytes.js';

export interface RequestFacts {
  readonly method: string;
  /** With its query, as sent. */
  readonly path: string;
  /** The header as sent; undefined when there is none. */
  readonly contentType: string | undefined;
}

export interface AnswerFacts {
  readonly status: number;
  readonly contentType: string | undefined;
}

/** In HPKE's key schedule. */
export const requestInfo = ({ method, path, contentType = '' }: RequestFacts): Uint8Array<ArrayBuffer> =>
  joined([lengthPrefixed('sealed-body/1'), lengthPrefixed(method), lengthPrefixed(path), lengthPrefixed(contentType)]);

/** With each frame of a request. */
export const requestAad = (isLast: boolean): Uint8Array<ArrayBuffer> => flag(isLast);

/** With each frame of an answer. */
export function answerAad({ status, contentType = '' }: AnswerFacts, isLast: boolean): Uint8Array<ArrayBuffer> {
  return joined([lengthPrefixed(`${status}`.padStart(3, '0')), lengthPrefixed(contentType), flag(isLast)]);
}

const flag = (isLast: boolean) => Uint8Array.of(isLast ? 1 : 0);

/** Length as u32 big-endian, then the text in UTF-8. */
function lengthPrefixed(text: string): Uint8Array {
  const bytes = new TextEncoder().encode(text);
  const prefixed = new Uint8Array(4 + bytes.byteLength);
  new DataView(prefixed.buffer).setUint32(0, bytes.byteLength);
  prefixed.set(bytes, 4);
  return prefixed;
}
