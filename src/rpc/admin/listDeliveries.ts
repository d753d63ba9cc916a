// Deliveries.List: what the public network is owed, what became of it, and what is assigned to us and left alone.
import type { MessageInitShape } from '@bufbuild/protobuf';
import { fail } from '../../failures/fail.js';
import { FailureError } from '../../failures/failureError.js';
import type { DeliveriesListRequest, DeliveriesListResponseSchema } from '../../gen/admin/v1/deliveries_pb.js';
import { parseRequestId } from '../../ids.js';
import { deliveryStates } from '../../machines/delivery/view.js';
import { deliveryOf } from './deliveryOf.js';
import type { AdminDependencies } from './dependencies.js';
import { moment } from './spans.js';

const usualSize = 100;
const mostRows = 500;
const mostLeft = 100;

/** Throws NOT_UNDERSTOOD. */
export const listDeliveries =
  ({ network, clock }: Pick<AdminDependencies, 'network' | 'clock'>) =>
  async ({
    states,
    size,
    after,
  }: DeliveriesListRequest): Promise<MessageInitShape<typeof DeliveriesListResponseSchema>> => {
    const strange = states.find((state) => !deliveryStates.some((known) => known === state));
    if (strange !== undefined) throw notUnderstood('states', `there are ${deliveryStates.join(', ')}`);
    if (size > mostRows) throw notUnderstood('size', `it is at most ${mostRows}`);
    const from = after === '' ? undefined : parseRequestId(after);
    if (after !== '' && from === undefined) throw notUnderstood('after', 'it is an id: 64 hex digits');
    if (network === undefined) return {};
    const { views, last } = await network.deliveries.page({
      after: from,
      limit: size || usualSize,
      matches: ({ state }) => states.length === 0 || states.includes(state),
    });
    const left = [...network.left()];
    return {
      rows: views.map((view) => deliveryOf(view, clock.now())),
      nextAfter: last ?? '',
      leftTotal: left.length,
      ...(from === undefined && {
        left: left.slice(0, mostLeft).map(([id, { requester, deadlineAt }]) => ({
          id,
          requester: requester ?? '',
          deadline: moment(deadlineAt),
        })),
      }),
    };
  };

const notUnderstood = (field: string, problem: string) => new FailureError(fail('NOT_UNDERSTOOD', { field, problem }));
