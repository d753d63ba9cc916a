// What options are made of: their forms beside quantities and places, and the entry of one in the table.
import { z } from 'zod';
import { type Address, parseAddress } from '../ids.js';

export const text = z.string().regex(/^[^\0]+$/, 'must not be empty');

/** Not zod's own sentence, which is for programmers. */
export const choice = <const C extends readonly [string, string, ...string[]]>(...choices: C) =>
  z.enum(choices, { error: `must be ${choices.slice(0, -1).join(', ')} or ${choices.at(-1)}` });

export const count = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/, `must be a whole number from ${least} to ${most}`)
    .transform(Number)
    .refine((number) => number >= least && number <= most, `must be a whole number from ${least} to ${most}`);

export const list = z.string().transform((text) =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== ''),
);

export const address = z.string().transform((text, context) => {
  const parsed = parseAddress(text);
  if (parsed === undefined) context.addIssue({ code: 'custom', message: 'must be an address: 40 hex digits, with 0x' });
  return parsed as Address;
});

/** Named in the declarations of the tables. */
export interface Option<S, D> {
  readonly schema: S;
  readonly default: D;
  readonly placeholder: string;
  readonly description: string;
  /** Nobody is shown its value. Most secrets lie in files, which an option only names. */
  readonly isSecret: boolean;
}

/** `fallback` is text, as a user would write it; undefined when the default depends on the machine. */
export const option = <S extends z.ZodType<unknown, string>, const D extends string | undefined>(
  schema: S,
  fallback: D,
  placeholder: string,
  description: string,
): Option<S, D> => ({ schema, default: fallback, placeholder, description, isSecret: false });

/** One in which a key may stand, as it does in the paths of many URLs. */
export const secret = <S, D>(of: Option<S, D>): Option<S, D> => ({ ...of, isSecret: true });
