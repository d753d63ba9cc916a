// Pages of lists: how many rows one has, where it begins, and the token of the next.
import { fail } from '../../failures/fail.js';
import { FailureError } from '../../failures/failureError.js';
import type { Page } from '../../gen/admin/v1/shared_pb.js';
import { type ListDigest, pageToken, placeIn } from './pageToken.js';

const usualSize = 100;
const mostRows = 500;

export interface Paging {
  readonly limit: number;
  /** The last of the page before, in hex as it was given to `page`. Undefined: there was none. */
  readonly place: string | undefined;
  /** As the answer has it. `last`: the last one that was looked at. */
  page(last: string | undefined, scanned: number): { readonly nextToken: string; readonly scanned: number };
}

/** Throws NOT_UNDERSTOOD, TOKEN_EXPIRED. */
export function pagingOf(page: Page | undefined, list: ListDigest, key: Uint8Array): Paging {
  const limit = page?.size || usualSize;
  if (limit > mostRows)
    throw new FailureError(fail('NOT_UNDERSTOOD', { field: 'page.size', problem: `it is at most ${mostRows}` }));
  const token = page?.token ?? '';
  return {
    limit,
    place: token === '' ? undefined : placeIn(key, list, token),
    page: (last, scanned) => ({ nextToken: last === undefined ? '' : pageToken(key, list, last), scanned }),
  };
}
