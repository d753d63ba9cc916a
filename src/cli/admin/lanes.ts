// `sealed-prover admin lanes`: which engine is ill, and what each works on.
import { toJson as messageJson } from '@bufbuild/protobuf';
import { type Lane, LaneSchema, Lanes } from '../../gen/admin/v1/lanes_pb.js';
import type { Cli } from '../cli.js';
import { callAdmin } from './callAdmin.js';
import type { AdminOptions } from './connection.js';
import { show } from './show.js';
import { table, wrapped } from './table.js';
import { lasting, shortId } from './words.js';

export const runLanes = (cli: Cli, options: AdminOptions): Promise<number> =>
  show(cli, options, async (to) => {
    const { lanes } = await callAdmin(Lanes.method.list, {}, to);
    const rows = lanes.map((lane) => [
      lane.id,
      lane.stage,
      lane.warm ? lane.state : `${lane.state} (cold)`,
      lasting(lane.for),
      shortId(lane.current?.requestId ?? ''),
      jobOf(lane),
      String(lane.crashesInWindow),
      lane.resumesIn === undefined ? '–' : lasting(lane.resumesIn),
      lane.lastFailure?.code ?? '',
    ]);
    return {
      lines: [
        ...table(['LANE', 'STAGE', 'STATE', 'FOR', 'REQUEST', 'JOB', 'CRASHES', 'RESUMES', 'AFTER'], rows),
        ...lanes.flatMap(({ id, order }) =>
          order === undefined ? [] : wrapped(`${id} is ${order.what} by ${order.by}: ${order.reason}`),
        ),
        ...lanes.flatMap(({ id, lastFailure }) =>
          lastFailure === undefined ? [] : [`${id}: ${lastFailure.sentence}`],
        ),
      ],
      objects: lanes.map((lane) => messageJson(LaneSchema, lane) as object),
    };
  });

function jobOf({ current }: Lane): string {
  if (current === undefined) return '–';
  if (current.missingBytes > 0n) return `waits for ${(Number(current.missingBytes) / 1e9).toFixed(1)} GB`;
  const { progress } = current;
  if (progress === undefined) return lasting(current.for);
  return progress.total > 0 ? `${progress.stage} ${progress.done}/${progress.total}` : progress.stage;
}
