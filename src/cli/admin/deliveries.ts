// `sealed-prover admin deliveries`, which is also `network list`, and `admin delivery ID`: what the network is owed, as the running service
// knows it, and what may be done about it.
import { toJson as messageJson } from '@bufbuild/protobuf';
import { Deliveries, type Delivery, DeliverySchema, LeftRequestSchema } from '../../gen/admin/v1/deliveries_pb.js';
import { TransitionSchema } from '../../gen/admin/v1/shared_pb.js';
import type { Cli } from '../cli.js';
import { runActs } from './act.js';
import { assertReason, type ShownOptions } from './actOptions.js';
import { callAdmin } from './callAdmin.js';
import type { AdminOptions } from './connection.js';
import type { DeliveriesOptions, DeliveryStep } from './deliveryOptions.js';
import { historyTable, tryColumn } from './history.js';
import { momentsOf } from './moment.js';
import { show } from './show.js';
import { cut, fieldLines, table, wrapped } from './table.js';
import { ago, idsOf, type WriteId, within } from './words.js';

export const runDeliveries = (cli: Cli, { state = [], limit, after = '', ...options }: DeliveriesOptions) =>
  show(cli, options, async (to) => {
    const found = await callAdmin(Deliveries.method.list, { states: [...state], size: limit, after }, to);
    const { rows, nextAfter, left, leftTotal } = found;
    return {
      lines: [
        ...(rows.length === 0 ? ['Nothing of that kind.'] : tableOf(rows, cli, options)),
        ...rows.flatMap((row) => refusalOf(row, idsOf(options))),
        ...(leftTotal === 0 ? [] : [`Assigned to this prover, not asked for here, and left alone: ${leftTotal}.`]),
        ...(nextAfter === '' ? [] : [`more: --after ${nextAfter}`]),
      ],
      objects: [
        ...rows.map((row) => messageJson(DeliverySchema, row) as object),
        ...left.map((each) => ({ left: messageJson(LeftRequestSchema, each) })),
        ...(nextAfter === '' ? [] : [{ nextAfter }]),
      ],
      headingAt: rows.length === 0 ? undefined : 0,
    };
  });

const tableOf = (rows: readonly Delivery[], { clock }: Cli, options: AdminOptions): string[] =>
  table(
    ['REQUEST', 'STATE', 'FOR', 'REPORT', 'TRIES', 'NEXT TRY', 'DEADLINE'],
    rows.map((row) => [
      idsOf(options)(row.id),
      row.state,
      ago(row.updated, clock),
      row.report || '–',
      String(row.tries),
      row.retry === undefined ? '–' : within(row.retry, clock),
      within(row.deadline, clock),
    ]),
    { isWhole: options.fullIds },
  );

/** Why the network has said no, in its own words. */
const refusalOf = ({ id, refusal }: Delivery, write: WriteId): string[] =>
  refusal === undefined ? [] : wrapped(refusal.sentence, `${write(id)} ${refusal.code}: `);

export const runDelivery = (
  cli: Cli,
  id: string,
  step: DeliveryStep | undefined,
  options: ShownOptions,
): Promise<number> => {
  if (step === undefined) return showDelivery(cli, id, options);
  assertReason(options);
  return step === 'try-now'
    ? runActs(cli, options, Deliveries.method.tryNow, [{ id }], { isAsked: false })
    : runActs(cli, options, Deliveries.method.giveUp, [{ id }], { isAsked: true });
};

const showDelivery = (cli: Cli, id: string, options: ShownOptions): Promise<number> =>
  show(cli, options, async (to) => {
    if (options.history) {
      const found = await callAdmin(Deliveries.method.history, { id }, to);
      return {
        lines: [cut(`0x${found.id}`), ...historyTable(found.transitions, found.isComplete, tryColumn, options)],
        objects: found.transitions.map((each) => messageJson(TransitionSchema, each) as object),
        headingAt: 1,
      };
    }
    const { delivery } = await callAdmin(Deliveries.method.get, { id }, to);
    if (delivery === undefined) throw new Error('an answer without a delivery');
    return { lines: linesOf(delivery, cli, options), objects: [messageJson(DeliverySchema, delivery) as object] };
  });

function linesOf(delivery: Delivery, { clock }: Cli, options: AdminOptions): string[] {
  const { state, requestId, report, tries, refusal, retry, deadline, closes, signer, txHash, actions, seq } = delivery;
  const moment = (at: Delivery['deadline']) => at && `${momentsOf(options)(at)}, ${within(at, clock)}`;
  return fieldLines([
    ['Delivery', `0x${delivery.id}`],
    ['State', `${state}, for ${ago(delivery.updated, clock)}`],
    ['Report', report || 'none yet'],
    ['Request', requestId === '' ? undefined : `0x${requestId}`],
    ['Calls', String(tries)],
    ['Next try', retry && within(retry, clock)],
    ['Refusal', refusal && `${refusal.code}: ${refusal.sentence}`],
    ['Deadline', moment(deadline)],
    ['Closes', moment(closes)],
    ['Key', signer === '' ? undefined : `0x${signer}`],
    ['Transaction', txHash === '' ? undefined : `0x${txHash}`],
    ['May be done', actions.join(', ') || undefined],
    ['Transitions', String(seq + 1)],
  ]);
}
