// `sealed-prover admin queue`: who waits for what.
import { toJson as messageJson } from '@bufbuild/protobuf';
import { Queue, type QueueGetResponse, QueueGetResponseSchema } from '../../gen/admin/v1/queue_pb.js';
import type { Cli } from '../cli.js';
import { callAdmin } from './callAdmin.js';
import type { AdminOptions } from './connection.js';
import { show } from './show.js';
import { table } from './table.js';
import { countsIn, idsOf, lasting } from './words.js';

export const runQueue = (cli: Cli, options: AdminOptions): Promise<number> =>
  show(cli, options, async (to) => {
    const queue = await callAdmin(Queue.method.get, {}, to);
    return {
      lines: linesOf(queue, options),
      objects: [messageJson(QueueGetResponseSchema, queue) as object],
      headingAt: 0,
    };
  });

const shownNext = 3;

const linesOf = ({ lines, inside, window }: QueueGetResponse, options: AdminOptions): string[] => [
  ...table(
    ['LINE', 'DEPTH', 'OLDEST', 'MODES', 'MOST OF', 'NEXT'],
    lines.map(({ name, depth, oldestWait, byMode, topRequesters: [top], next }) => [
      name,
      String(depth),
      lasting(oldestWait),
      countsIn(byMode),
      top === undefined ? '–' : `0x${options.fullIds ? top.requester : `${top.requester.slice(0, 8)}…`} ${top.depth}`,
      next.slice(0, shownNext).map(idsOf(options)).join(' ') || '–',
    ]),
    { isWhole: options.fullIds },
  ),
  `Under way: ${inside}, of ${window} at once.`,
];
