// Requests.List: newest first, by pages that neither skip nor repeat a request, whatever happens between them.
import type { MessageInitShape } from '@bufbuild/protobuf';
import { fail } from '../../failures/fail.js';
import { FailureError } from '../../failures/failureError.js';
import type { RequestsListRequest, RequestsListResponseSchema } from '../../gen/admin/v1/requests_pb.js';
import type { AdminDependencies } from './dependencies.js';
import { matcherOf } from './filter.js';
import { pageToken, parsePageToken } from './pageToken.js';
import { rowOf } from './rowOf.js';

const usualSize = 100;
const mostRows = 500;

export type ListRequestsDependencies = Pick<AdminDependencies, 'browse' | 'tokenKey' | 'registry' | 'setAside' | 'why'>;

/** Throws NOT_UNDERSTOOD, TOKEN_EXPIRED. */
export const listRequests =
  (dependencies: ListRequestsDependencies) =>
  async ({ filter, page }: RequestsListRequest): Promise<MessageInitShape<typeof RequestsListResponseSchema>> => {
    const { browse, tokenKey } = dependencies;
    const look = dependencies.why();
    const matches = matcherOf(filter, look);
    const size = page?.size || usualSize;
    if (size > mostRows)
      throw new FailureError(fail('NOT_UNDERSTOOD', { field: 'page.size', problem: `it is at most ${mostRows}` }));
    const token = page?.token ?? '';
    const before = token === '' ? undefined : parsePageToken(tokenKey, filter, token);
    const { views, scanned, last } = await browse.page({ before, matches, limit: size });
    return {
      rows: views.map((view) => rowOf(view, look, dependencies)),
      page: { nextToken: last === undefined ? '' : pageToken(tokenKey, filter, last), scanned },
    };
  };
