// `sealed-prover admin programs` and `admin program VK`: what clients have registered, and what has to do with it now.
import { toJson as messageJson } from '@bufbuild/protobuf';
import type { Clock } from '../../clock.js';
import {
  type Program,
  ProgramSchema,
  Programs,
  type Registration,
  RegistrationSchema,
} from '../../gen/admin/v1/programs_pb.js';
import type { Cli } from '../cli.js';
import { formatSize } from '../format.js';
import { runActs } from './act.js';
import { assertReason, type MaybeActOptions } from './actOptions.js';
import { callAdmin } from './callAdmin.js';
import type { AdminOptions } from './connection.js';
import { momentsOf } from './moment.js';
import { type PageOptions, pageLook, pageOf } from './pages.js';
import { show } from './show.js';
import { fieldLines, table } from './table.js';
import { ago, idsOf, lasting } from './words.js';

export interface ProgramsOptions extends AdminOptions, PageOptions {
  readonly owner?: string;
}

export const runPrograms = (cli: Cli, options: ProgramsOptions): Promise<number> =>
  show(cli, options, async (to) => {
    const { owner = '' } = options;
    const found = await callAdmin(Programs.method.list, { owner, page: pageOf(options) }, to);
    const tableOf = (rows: readonly Registration[]) => rowTable(rows, cli.clock, options);
    return pageLook({ ...found, what: 'programs', schema: RegistrationSchema, tableOf });
  });

const rowTable = (rows: readonly Registration[], clock: Clock, options: AdminOptions): string[] =>
  table(
    ['PROGRAM', 'SIZE', 'REGISTERED', 'BY', 'COUNTS FOR'],
    rows.map((row) => [
      idsOf(options)(row.vkHash),
      formatSize(Number(row.sizeBytes)),
      ago(row.registered, clock),
      `0x${row.owner}`,
      row.isConfirmed ? 'everybody' : 'its owner',
    ]),
    { isWhole: options.fullIds },
  );

export const runProgram = (cli: Cli, hash: string, options: AdminOptions): Promise<number> =>
  show(cli, options, async (to) => {
    const { program } = await callAdmin(Programs.method.get, { vkHash: hash }, to);
    if (program === undefined) throw new Error('an answer without a program');
    return { lines: linesOf(program, options), objects: [messageJson(ProgramSchema, program) as object] };
  });

export function runRemove(cli: Cli, hash: string, options: MaybeActOptions): Promise<number> {
  assertReason(options);
  return runActs(cli, options, Programs.method.remove, [{ vkHash: hash }], { isAsked: true });
}

function linesOf(
  { vkHash, vk, registrations, laneIds, openRequests, requestIds, usual }: Program,
  options: AdminOptions,
): string[] {
  const id = idsOf(options);
  const shown = requestIds.slice(0, 5).map(id).join(' ');
  const fields: [string, string | undefined][] = [
    ['Program', `0x${vkHash}`],
    ['Key', `${vk.length / 2} bytes, ${vk.slice(0, 16)}…; --json has all of it`],
    ...registrations.map((each, index): [string, string] => [
      index === 0 ? 'Registered' : '',
      registered(each, options),
    ]),
    ['Lanes', laneIds.length === 0 ? 'set up on none' : `set up on ${laneIds.join(', ')}`],
    ['Requests', openRequests === 0 ? 'none is open' : `${openRequests} open: ${shown}`],
    ...usual.map((each, index): [string, string] => [
      index === 0 ? 'Usual' : '',
      `${each.stage} ${each.mode} ${lasting(each.usual)}, of ${each.samples}`,
    ]),
  ];
  return fieldLines(fields);
}

function registered({ owner, registered: at, isConfirmed, sizeBytes }: Registration, options: AdminOptions): string {
  const trust = isConfirmed ? 'confirmed by a lane' : 'counts for its owner alone';
  return `${momentsOf(options)(at)} by 0x${owner}, ${formatSize(Number(sizeBytes))}, ${trust}`;
}
