// JSON as RFC 8259 has it, with two things that JSON.parse lets pass refused: a key that is there twice, and depth without an end.
// What a signed or hashed text says must be the same for everybody who reads it.

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export type JsonObject = { readonly [key: string]: Json };

/** The only error of this parser; its message ends a sentence. */
export class JsonError extends Error {}

const mostDepth = 32;

const number = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const space = /[ \t\r\n]*/y;

export function parseJson(text: string): Json {
  let at = 0;
  const fail = (problem: string): never => {
    throw new JsonError(`${problem} at character ${at}`);
  };
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const [found] = pattern.exec(text) ?? [];
    if (found !== undefined) at += found.length;
    return found;
  };
  const skip = () => match(space);
  const take = (token: string): boolean => {
    skip();
    if (!text.startsWith(token, at)) return false;
    at += token.length;
    return true;
  };
  const readString = (): string => {
    skip();
    const start = at;
    if (text[at] !== '"') return fail('a string is missing');
    for (at += 1; at < text.length && text[at] !== '"'; ) at += text[at] === '\\' ? 2 : 1;
    at += 1;
    try {
      return JSON.parse(text.slice(start, at)) as string;
    } catch {
      // Its message quotes the text.
      return fail('a string is malformed');
    }
  };

  const readValue = (depth: number): Json => {
    if (depth > mostDepth) fail(`it is nested deeper than ${mostDepth}`);
    if (take('{')) return readObject(depth);
    if (take('[')) return readArray(depth);
    if (text[at] === '"') return readString();
    if (take('true')) return true;
    if (take('false')) return false;
    if (take('null')) return null;
    return Number(match(number) ?? fail('a value is malformed'));
  };
  const readArray = (depth: number): Json => {
    const items: Json[] = [];
    if (take(']')) return items;
    do items.push(readValue(depth + 1));
    while (take(','));
    return take(']') ? items : fail('a list does not end');
  };
  const readObject = (depth: number): Json => {
    const entries = new Map<string, Json>();
    if (take('}')) return {};
    do {
      const key = readString();
      if (entries.has(key)) fail(`"${key.slice(0, 60)}" is there twice`);
      if (!take(':')) fail('a colon is missing');
      entries.set(key, readValue(depth + 1));
    } while (take(','));
    // Own properties whatever their names: `__proto__` is one of them.
    return take('}') ? (Object.fromEntries(entries) as JsonObject) : fail('an object does not end');
  };

  const value = readValue(0);
  skip();
  return at === text.length ? value : fail('something follows its end');
}
