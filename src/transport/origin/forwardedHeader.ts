// The header `Forwarded` (RFC 7239): a list of hops, the client's own first, each with pairs whose values may be quoted.

import { isHost } from './host.js';

export interface Forwarded {
  readonly proto?: string;
  readonly host?: string;
}

/** Never fails: what is no pair is skipped. A quote that is not closed ends with the text. */
export function parseForwarded(value: string): readonly Forwarded[] {
  return splitOutsideQuotes(value, ',').map((hop) => {
    const pairs: { proto?: string; host?: string } = {};
    for (const pair of splitOutsideQuotes(hop, ';')) {
      const at = pair.indexOf('=');
      const name = pair.slice(0, at).trim().toLowerCase();
      if (at > 0 && (name === 'proto' || name === 'host')) pairs[name] ??= unquoted(pair.slice(at + 1).trim());
    }
    return pairs;
  });
}

const ofOwnProxy = /^proto=(https?);host="([^"]*)"$/;

/**
 * Of `attest proxy`, which sends this and nothing else (`attestation/attested/forwarded.ts`). Other proxies name themselves or their client, or
 * leave the quotes out. Undefined for what they have written.
 */
export function originOfOwnProxy(forwarded: string | undefined): string | undefined {
  const [, scheme, host = ''] = ofOwnProxy.exec(forwarded ?? '') ?? [];
  return isHost(host) ? `${scheme}://${host}` : undefined;
}

function splitOutsideQuotes(text: string, separator: ',' | ';'): string[] {
  const parts: string[] = [];
  let start = 0;
  let isQuoted = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '"') isQuoted = !isQuoted;
    else if (isQuoted && character === '\\') at += 1;
    else if (!isQuoted && character === separator) {
      parts.push(text.slice(start, at));
      start = at + 1;
    }
  }
  return [...parts, text.slice(start)];
}

const unquoted = (text: string): string =>
  text.startsWith('"')
    ? text
        .slice(1, text.length > 1 && text.endsWith('"') ? -1 : undefined)
        .replace(/\\(.)/g, '$1')
        .trim()
    : text;
