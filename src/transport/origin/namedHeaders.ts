// The headers of a call in one spelling, and the lists in them.
import type { IncomingHttpHeaders } from 'node:http';

/** By name: lower case, and `-` for `_`, which some gateways write. What came several times is one list. */
export type NamedHeaders = ReadonlyMap<string, string>;

export function namedHeaders(headers: IncomingHttpHeaders): NamedHeaders {
  const named = new Map<string, string>();
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined) continue;
    const key = name.toLowerCase().replaceAll('_', '-');
    const before = named.get(key);
    named.set(key, before === undefined ? `${value}` : `${before},${value}`);
  }
  return named;
}

/** The elements of a list, however it is separated, quoted or not, without empty ones. */
export const elementsOf = (value: string): string[] =>
  value
    .replaceAll(/["']/g, '')
    .split(/[,;\s]+/)
    .filter((part) => part !== '');
