// Which request is meant by some digits of its id.
import type { RequestId } from '../../ids.js';
import type { RequestView } from '../../machines/request/view.js';
import type { AdminDependencies } from './dependencies.js';
import { named } from './named.js';

/** Throws NOT_UNDERSTOOD, REQUEST_UNKNOWN, AMBIGUOUS_ID. */
export const requestNamed = (
  text: string,
  { browse, registry }: Pick<AdminDependencies, 'browse' | 'registry'>,
): Promise<RequestView> =>
  named(text, {
    whose: "a request's id",
    digitsOfId: 64,
    byDigits: browse.byDigits,
    viewOf: (id: RequestId) => registry.view(id),
    unknown: 'REQUEST_UNKNOWN',
  });
