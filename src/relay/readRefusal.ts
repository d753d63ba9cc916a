// Why an answer to a sealed request came in clear, as far as that tells. Anybody in between can have made it: it is a hint of where to look
// next, and its text is shown to nobody.
import type { RelayedAnswer } from './upstream.js';

/** `hidden`: something in between answers for the upstream, or hides what it has said. */
export type Refusal = 'key unknown' | 'hidden' | 'other';

/** A problem of ours has some hundred bytes (bytes). */
const mostProblemBytes = 4_096;

/** Reads no more of it than that, and ends it. */
export async function readRefusal({ status, headers, body }: RelayedAnswer): Promise<Refusal> {
  const type = `${headers['content-type'] ?? ''}`;
  try {
    if (status === 422 && type === 'application/problem+json' && body !== undefined)
      return (await codeIn(body)) === 'BODY_KEY_UNKNOWN' ? 'key unknown' : 'other';
    return status >= 500 || /^text\/html\b/.test(type) ? 'hidden' : 'other';
  } finally {
    body?.destroy();
  }
}

async function codeIn(body: AsyncIterable<Buffer>): Promise<unknown> {
  let text = '';
  try {
    for await (const chunk of body) {
      text += chunk.toString('latin1');
      if (text.length > mostProblemBytes) return undefined;
    }
    return (JSON.parse(text) as { code?: unknown } | null)?.code;
  } catch {
    // It broke off, or is no JSON.
    return undefined;
  }
}
