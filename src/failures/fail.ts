// Builds a Failure. The definition decides `retry`, so that code which catches a Failure never guesses.
import { type DataOf, definitions, type FailureCode, type FailureOf } from './catalog.js';

/** Codes whose data is empty need no second argument. */
export function fail<C extends FailureCode>(
  code: C,
  ...[data]: keyof DataOf<C> extends never ? [] : [data: DataOf<C>]
): FailureOf<C> {
  return { code, retry: definitions[code].retry, ...(data as object | undefined) } as unknown as FailureOf<C>;
}
