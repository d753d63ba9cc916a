// A delivery as operators see it.
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { DeliverySchema } from '../../gen/admin/v1/deliveries_pb.js';
import type { Report } from '../../machines/delivery/rules.js';
import { type DeliveryView, deliverySteps } from '../../machines/delivery/view.js';
import { code } from '../../transport/grpc/code.js';
import { moment } from './spans.js';

export function deliveryOf(view: DeliveryView, now: number): MessageInitShape<typeof DeliverySchema> {
  const { state, context, updatedAt, seq } = view;
  const { networkId, localId, deadlineAt, closesAt, signer, report, tries, refusal, retryAt, acceptedTx } = context;
  return {
    id: networkId,
    requestId: localId ?? '',
    state,
    deadline: moment(deadlineAt),
    closes: moment(closesAt),
    updated: moment(updatedAt),
    report: wordOf(report),
    tries,
    txHash: acceptedTx ?? '',
    seq,
    signer: signer ?? '',
    actions: deliverySteps(view, now),
    ...(refusal && { refusal: { code: nameOf(refusal.code), sentence: refusal.text } }),
    ...(retryAt !== null && { retry: moment(retryAt) }),
  };
}

const wordOf = (report: Report | null): string =>
  report === null ? '' : report.kind === 'fulfil' ? 'proof' : `failure ${report.error ?? 'without a number'}`;

const nameOf = (number: number): string =>
  Object.entries(code).find(([, value]) => value === number)?.[0] ?? String(number);
