// Values that a policy is made of.
import { type Field, listOf, textOf } from '../json/fields.js';
import { JsonError } from '../json/parseJson.js';

/** Each entry once, as many as `least` of them: an empty list would accept nothing, and was hardly meant so. */
export function listed<T>(field: Field, read: (field: Field) => T, least = 1): readonly T[] {
  const values = listOf(field).map(read);
  if (values.length < least) throw new JsonError(`${field.path} is empty`);
  if (new Set(values.map((value) => JSON.stringify(value))).size !== values.length)
    throw new JsonError(`${field.path} has an entry twice`);
  return values;
}

export function matching(field: Field, pattern: RegExp): string {
  const text = textOf(field);
  if (!pattern.test(text)) throw new JsonError(`${field.path} does not match ${pattern.source}`);
  return text;
}

/** Lower case. */
export const hexes = (field: Field, sizeBytes: number): readonly string[] =>
  listed(field, (one) => matching(one, new RegExp(`^[0-9a-f]{${sizeBytes * 2}}$`)));

export function shortText(field: Field): string {
  const text = textOf(field);
  if (text.length < 1 || text.length > 100) throw new JsonError(`${field.path} has not 1 to 100 characters`);
  return text;
}
