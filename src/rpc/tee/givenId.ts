// The id of a request as the whole body of a call, which is how Automata's clients name one, and the answer to one that nothing has.
import type { Clock } from '../../clock.js';
import { malformed } from '../../failures/malformed.js';
import { parseRequestId, type RequestId } from '../../ids.js';
import type { Exchange } from '../../transport/http/exchange.js';
import { readBody } from '../../transport/http/readBody.js';
import { answerText } from './answerText.js';

export interface GivenId {
  /** Undefined for what is none. */
  readonly requestId: RequestId | undefined;
  /** As it came. */
  readonly text: string;
}

/** An id has 64 characters. Whoever sends more has something else in mind. */
const maxBodyBytes = 1_024;

/** People and shells add a newline or 0x. Rejects with MALFORMED_REQUEST for a body that is long, late, or not UTF-8. */
export async function readGivenId(exchange: Exchange, clock: Clock): Promise<GivenId> {
  const text = await textOf(exchange, clock);
  return { text, requestId: parseRequestId(text.replace(/^[\t\n\f\r ]+|[\t\n\f\r ]+$/g, '')) };
}

/** 404 in the words of the model. */
export const answerUnknown = (exchange: Exchange, { text }: GivenId): Promise<void> =>
  answerText(exchange, 404, `${rustDebug(text)} Not found`);

async function textOf({ body }: Exchange, clock: Clock): Promise<string> {
  const bytes = await readBody(body, { limitBytes: maxBodyBytes, clock });
  if (bytes === 'too large') throw malformed('body', 'it is the id of a request, and no more');
  if (typeof bytes === 'string') throw malformed('body', `it did not arrive whole: ${bytes}`);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
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
