// Requests.List: newest first, by pages that neither skip nor repeat a request, whatever happens between them.
import type { MessageInitShape } from '@bufbuild/protobuf';
import {
  FilterSchema,
  type RequestsListRequest,
  type RequestsListResponseSchema,
} from '../../gen/admin/v1/requests_pb.js';
import type { RequestId } from '../../ids.js';
import type { AdminDependencies } from './dependencies.js';
import { matcherOf } from './filter.js';
import { needsSomebody } from './needsYou.js';
import { listOf } from './pageToken.js';
import { pagingOf } from './paging.js';
import { rowOf } from './rowOf.js';

export type ListRequestsDependencies = Pick<
  AdminDependencies,
  'browse' | 'tokenKey' | 'registry' | 'setAside' | 'why' | 'usual' | 'clock'
>;

/** Throws NOT_UNDERSTOOD, TOKEN_EXPIRED. */
export const listRequests =
  (dependencies: ListRequestsDependencies) =>
  async ({ filter, page }: RequestsListRequest): Promise<MessageInitShape<typeof RequestsListResponseSchema>> => {
    const { browse, tokenKey, clock } = dependencies;
    const look = dependencies.why();
    const matches = matcherOf(filter, look, { needs: needsSomebody(dependencies, look), now: clock.now() });
    const paging = pagingOf(page, listOf(FilterSchema, filter), tokenKey);
    const before = paging.place as RequestId | undefined;
    const { views, scanned, last } = await browse.page({ before, matches, limit: paging.limit });
    return { rows: views.map((view) => rowOf(view, look, dependencies)), page: paging.page(last, scanned) };
  };
