// `sealed-prover network list`: what the network is owed, as the running service knows it.
import { toJson as messageJson } from '@bufbuild/protobuf';
import { Deliveries, type Delivery, DeliverySchema, LeftRequestSchema } from '../../gen/admin/v1/deliveries_pb.js';
import { callAdmin } from '../admin/callAdmin.js';
import type { AdminOptions } from '../admin/connection.js';
import { show } from '../admin/show.js';
import { table, wrapped } from '../admin/table.js';
import { ago, shortId, within } from '../admin/words.js';
import type { Cli } from '../cli.js';

export interface NetworkListOptions extends AdminOptions {
  readonly state?: readonly string[];
  readonly limit: number;
  readonly after?: string;
}

export const runNetworkList = (cli: Cli, { state = [], limit, after = '', ...options }: NetworkListOptions) =>
  show(cli, options, async (to) => {
    const found = await callAdmin(Deliveries.method.list, { states: [...state], size: limit, after }, to);
    const { rows, nextAfter, left, leftTotal } = found;
    return {
      lines: [
        ...(rows.length === 0 ? ['Nothing of that kind.'] : tableOf(rows, cli)),
        ...rows.flatMap(refusalOf),
        ...(leftTotal === 0 ? [] : [`Assigned to this prover, not asked for here, and left alone: ${leftTotal}.`]),
        ...(nextAfter === '' ? [] : [`more: --after ${nextAfter}`]),
      ],
      objects: [
        ...rows.map((row) => messageJson(DeliverySchema, row) as object),
        ...left.map((each) => ({ left: messageJson(LeftRequestSchema, each) })),
        ...(nextAfter === '' ? [] : [{ nextAfter }]),
      ],
    };
  });

const tableOf = (rows: readonly Delivery[], { clock }: Cli): string[] =>
  table(
    ['REQUEST', 'STATE', 'FOR', 'REPORT', 'TRIES', 'NEXT TRY', 'DEADLINE'],
    rows.map((row) => [
      shortId(row.id),
      row.state,
      ago(row.updated, clock),
      row.report || '–',
      String(row.tries),
      row.retry === undefined ? '–' : within(row.retry, clock),
      within(row.deadline, clock),
    ]),
  );

/** Why the network has said no, in its own words. */
const refusalOf = ({ id, refusal }: Delivery): string[] =>
  refusal === undefined ? [] : wrapped(refusal.sentence, `${shortId(id)} ${refusal.code}: `);
