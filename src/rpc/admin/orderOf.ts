// What an operator has ordered, on the wire.
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { OrderSchema } from '../../gen/admin/v1/shared_pb.js';
import type { Order } from '../../operations/orders.js';
import { moment } from './spans.js';

export const orderOf = ({ what, by, reason, at, untilAt }: Order): MessageInitShape<typeof OrderSchema> => ({
  what,
  by,
  reason,
  since: moment(at),
  ...(untilAt !== undefined && { until: moment(untilAt) }),
});
