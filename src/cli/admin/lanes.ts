// `sealed-prover admin lanes` and `admin lane NAME`: which engine is ill, what each works on, and all that is known of one.
import { toJson as messageJson } from '@bufbuild/protobuf';
import { type Lane, LaneSchema, Lanes, type Preparation } from '../../gen/admin/v1/lanes_pb.js';
import type { Progress } from '../../gen/admin/v1/shared_pb.js';
import type { Cli } from '../cli.js';
import { callAdmin } from './callAdmin.js';
import type { AdminOptions } from './connection.js';
import { show } from './show.js';
import { fieldLines, table, wrapped } from './table.js';
import { idsOf, lasting } from './words.js';

export const runLanes = (cli: Cli, options: AdminOptions): Promise<number> =>
  show(cli, options, async (to) => {
    const { lanes } = await callAdmin(Lanes.method.list, {}, to);
    const id = idsOf(options);
    const rows = lanes.map((lane) => [
      lane.id,
      lane.stage,
      stateOf(lane),
      lasting(lane.for),
      id(lane.current?.requestId ?? ''),
      jobOf(lane),
      String(lane.crashesInWindow),
      lane.resumesIn === undefined ? '–' : lasting(lane.resumesIn),
      lane.lastFailure?.code ?? '',
    ]);
    return {
      lines: [
        ...table(['LANE', 'STAGE', 'STATE', 'FOR', 'REQUEST', 'JOB', 'CRASHES', 'RESUMES', 'AFTER'], rows, {
          isWhole: options.fullIds,
        }),
        ...lanes.flatMap(({ id, order }) =>
          order === undefined ? [] : wrapped(`${id} is ${order.what} by ${order.by}: ${order.reason}`),
        ),
        ...lanes.flatMap(({ id, lastFailure }) =>
          lastFailure === undefined ? [] : wrapped(lastFailure.sentence, `${id}: `),
        ),
      ],
      objects: lanes.map((lane) => messageJson(LaneSchema, lane) as object),
      headingAt: 0,
    };
  });

export const runLaneShown = (cli: Cli, id: string, options: AdminOptions): Promise<number> =>
  show(cli, options, async (to) => {
    const { lane } = await callAdmin(Lanes.method.get, { id }, to);
    if (lane === undefined) throw new Error('an answer without a lane');
    return { lines: linesOf(lane), objects: [messageJson(LaneSchema, lane) as object] };
  });

function linesOf(lane: Lane): string[] {
  const { current, order, lastFailure, resumesIn, programs, preparation } = lane;
  const fields: [string, string | undefined][] = [
    ['Lane', lane.id],
    ['Stage', lane.stage],
    ['State', `${stateOf(lane)}, for ${lasting(lane.for)}${lane.accepting ? '' : ', is given no jobs'}`],
    ['By', order && `${order.what} by ${order.by}: ${order.reason}`],
    ['Resumes', resumesIn && `in ${lasting(resumesIn)}`],
    ['Failure', lastFailure && `${lastFailure.code}: ${lastFailure.sentence}`],
    ['Request', current && current.requestId !== '' ? `0x${current.requestId}` : undefined],
    ['Job', current && `${jobOf(lane)}, for ${lasting(current.for)}`],
    ['Prepared', preparation && preparedIn(preparation)],
    ['Crashes', `${lane.crashes} since the start, ${lane.crashesInWindow} in the last ten minutes`],
    ['Modes', lane.modes.length > 0 ? lane.modes.join(', ') : undefined],
    ...programs.map((digest, index): [string, string] => [index === 0 ? 'Set up' : '', digest]),
  ];
  return fieldLines(fields, 9);
}

/** It takes jobs, or is at one. */
export const isAble = ({ state }: Pick<Lane, 'state'>): boolean => state === 'ready' || state === 'busy';

/** How it goes, or has gone. */
export function preparedIn({
  what,
  vkHash,
  digest,
  isUnderWay,
  progress,
  failure,
  ...preparation
}: Preparation): string {
  const about = `${what} of ${vkHash === '' ? digest : `0x${vkHash}`}`;
  if (isUnderWay) return `${about}, for ${lasting(preparation.for)}${progress ? `: ${progressIn(progress)}` : ''}`;
  return `${about} ${failure === undefined ? `done in ${lasting(preparation.for)}` : `failed: ${failure.sentence}`}`;
}

const stateOf = ({ warm, state }: Lane): string => (warm ? state : `${state} (cold)`);

function jobOf({ current, preparation }: Lane): string {
  if (current === undefined) return preparation?.isUnderWay ? preparation.what : '–';
  if (current.missingBytes > 0n) return `waits for ${(Number(current.missingBytes) / 1e9).toFixed(1)} GB`;
  return current.progress === undefined ? lasting(current.for) : progressIn(current.progress);
}

const progressIn = ({ stage, done, total }: Progress): string => (total > 0 ? `${stage} ${done}/${total}` : stage);
