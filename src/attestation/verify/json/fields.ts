// Fields of parsed JSON, each of the one type it may have. A problem names where it is: `tcbLevels[3].tcb.pcesvn`.
import { fromAnyHex, fromHex } from '../bytes.js';
import { type Json, JsonError, type JsonObject } from './parseJson.js';

export interface Field {
  readonly value: Json | undefined;
  readonly path: string;
}

const wrong = ({ path }: Field, expected: string): never => {
  throw new JsonError(`${path === '' ? 'it' : path} is not ${expected}`);
};

export const rootField = (value: Json): Field => ({ value, path: '' });

/** A property of an object; its value is undefined when it is not there. */
export const at = (field: Field, name: string): Field => ({
  value: Object.hasOwn(objectOf(field), name) ? objectOf(field)[name] : undefined,
  path: field.path === '' ? name : `${field.path}.${name}`,
});

export function objectOf(field: Field): JsonObject {
  const { value } = field;
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as JsonObject)
    : wrong(field, 'an object');
}

/** An object that has no other properties than these: a name that is spelled wrong must not be passed over. */
export function onlyOf(field: Field, names: readonly string[]): Field {
  const other = Object.keys(objectOf(field)).find((name) => !names.includes(name));
  if (other !== undefined)
    throw new JsonError(`${at(field, other).path.slice(0, 100)} is not a property that is known`);
  return field;
}

export function listOf(field: Field, most = 10_000): readonly Field[] {
  if (!Array.isArray(field.value)) return wrong(field, 'a list');
  if (field.value.length > most) return wrong(field, `a list of at most ${most}`);
  return (field.value as readonly Json[]).map((value, i) => ({ value, path: `${field.path}[${i}]` }));
}

export const textOf = (field: Field): string =>
  typeof field.value === 'string' ? field.value : wrong(field, 'a string');

export function oneOf<T extends string>(field: Field, choices: readonly T[]): T {
  const text = textOf(field);
  return choices.find((choice) => choice === text) ?? wrong(field, `one of ${choices.join(', ')}`);
}

export function wholeOf(field: Field, least: number, most: number): number {
  const { value } = field;
  return typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most
    ? value
    : wrong(field, `a whole number from ${least} to ${most}`);
}

/** Intel writes hex in both cases, so it is compared as bytes. */
export const anyHexOf = (field: Field, sizeBytes?: number): Uint8Array =>
  fromAnyHex(textOf(field), sizeBytes) ?? wrong(field, `${sizeBytes ?? ''} bytes in hex`.trimStart());

export const hexOf = (field: Field, sizeBytes?: number): Uint8Array =>
  fromHex(textOf(field), sizeBytes) ?? wrong(field, `${sizeBytes ?? ''} bytes in lower-case hex`.trimStart());

/** Undefined when the property is not there. */
export const optional = <T>(field: Field, read: (field: Field) => T): T | undefined =>
  field.value === undefined ? undefined : read(field);

export const booleanOf = (field: Field): boolean =>
  typeof field.value === 'boolean' ? field.value : wrong(field, 'true or false');

export function instantOf(field: Field): number {
  const text = textOf(field);
  const at = Date.parse(text);
  const isInstant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(text) && !Number.isNaN(at);
  return isInstant ? at / 1000 : wrong(field, 'a time like 2026-01-31T12:00:00Z');
}
