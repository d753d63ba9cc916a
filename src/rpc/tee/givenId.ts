// The id of a request as the whole body of a call, which is how Automata's clients name one, and the answer to one that nothing has.
import { malformed } from '../../failures/malformed.js';
import { parseRequestId, type RequestId } from '../../ids.js';
import type { Exchange } from '../../transport/http/exchange.js';
import { answerText } from './answerText.js';

export interface GivenId {
  /** Undefined for what is none. */
  readonly requestId: RequestId | undefined;
  /** As it came. */
  readonly text: string;
}

/** An id has 64 characters. Whoever sends more has something else in mind. */
const maxBodyBytes = 1_024;

/** People and shells add a newline or 0x. Rejects with MALFORMED_REQUEST for a long body, and for one that is not UTF-8. */
export async function readGivenId(exchange: Exchange): Promise<GivenId> {
  const text = await textOf(exchange);
  return { text, requestId: parseRequestId(text.replace(/^[\t\n\f\r ]+|[\t\n\f\r ]+$/g, '')) };
}

/** 404 in the words of the model. */
export const answerUnknown = (exchange: Exchange, { text }: GivenId): Promise<void> =>
  answerText(exchange, 404, `${rustDebug(text)} Not found`);

async function textOf({ body }: Exchange): Promise<string> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of body as AsyncIterable<Buffer>) {
    length += piece.length;
    if (length > maxBodyBytes) throw malformed('body', 'it is the id of a request, and no more');
    pieces.push(piece);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.concat(pieces));
  } catch {
    throw malformed('body', 'it is not UTF-8');
  }
}

const escapes: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\0': '\\0',
};

/** As Rust's `{:?}` writes a string. */
const rustDebug = (text: string): string =>
  `"${[...text]
    .map((letter) => {
      if (/[\p{L}\p{N}\p{P}\p{S} ]/u.test(letter)) return escapes[letter] ?? letter;
      return escapes[letter] ?? `\\u{${(letter.codePointAt(0) as number).toString(16)}}`;
    })
    .join('')}"`;
