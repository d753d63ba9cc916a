// `sealed-prover admin why ID`: why a request does not move, and what stands in its way.
import { toJson as messageJson } from '@bufbuild/protobuf';
import { timestampMs } from '@bufbuild/protobuf/wkt';
import type { Clock } from '../../clock.js';
import { ReasonSchema, type Request, Requests } from '../../gen/admin/v1/requests_pb.js';
import type { Cli } from '../cli.js';
import { callAdmin } from './callAdmin.js';
import type { AdminOptions } from './connection.js';
import { show } from './show.js';
import { wrapped } from './table.js';
import { lasting, within } from './words.js';

export const runWhy = (cli: Cli, id: string, options: AdminOptions): Promise<number> =>
  show(cli, options, async (to) => {
    const { request } = await callAdmin(Requests.method.get, { id }, to);
    if (request?.row === undefined) throw new Error('an answer without a request');
    return {
      lines: linesOf(request, cli.clock),
      objects: [
        {
          id: request.row.id,
          state: request.row.state,
          reasons: request.reasons.map((reason) => messageJson(ReasonSchema, reason)),
        },
      ],
    };
  });

function linesOf({ row, reasons, estimate }: Request, clock: Clock): string[] {
  if (reasons.length === 0) return wrapped(ended(row?.state ?? '', row?.failure?.sentence));
  const deadline =
    row?.deadline && timestampMs(row.deadline) > clock.now() ? `Its deadline is ${within(row.deadline, clock)}.` : '';
  const usual = estimate === undefined ? '' : `Its program usually takes ${lasting(estimate.usual)} here.`;
  const done = estimate?.doneAt === undefined ? '' : `It may be done ${within(estimate.doneAt, clock)}.`;
  return wrapped(
    [...reasons.map(({ sentence }) => sentence), usual, done, deadline].filter((text) => text !== '').join(' '),
  );
}

const ended = (state: string, why: string | undefined) =>
  `It is ${state} and waits for nothing.${why === undefined ? '' : ` ${why}`}`;
