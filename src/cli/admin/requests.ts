// `sealed-prover admin requests` and `admin request ID`: which requests there are, and all that is known of one.
import { toJson as messageJson } from '@bufbuild/protobuf';
import type { Clock } from '../../clock.js';
import {
  EntrySchema,
  type Request,
  RequestSchema,
  Requests,
  type Row,
  RowSchema,
} from '../../gen/admin/v1/requests_pb.js';
import type { Cli } from '../cli.js';
import { formatCount, formatSize } from '../format.js';
import { type AdminCall, callAdmin } from './callAdmin.js';
import { type AdminOptions, connection } from './connection.js';
import { type FilterOptions, filterOf } from './filterOptions.js';
import { historyTable, laneColumn } from './history.js';
import { momentsOf } from './moment.js';
import { type PageOptions, pageLook, pageOf } from './pages.js';
import { type Look, printLook, show } from './show.js';
import { cut, fieldLines, table } from './table.js';
import { ranOutExitCode, waitUntil } from './waitUntil.js';
import { ago, idsOf, lasting, within } from './words.js';

export interface RequestsOptions extends AdminOptions, FilterOptions, PageOptions {}

export const runRequests = (cli: Cli, options: RequestsOptions): Promise<number> =>
  show(cli, options, async (to) => {
    const found = await callAdmin(Requests.method.list, { filter: filterOf(options), page: pageOf(options) }, to);
    const tableOf = (rows: readonly Row[]) => rowTable(rows, cli.clock, options);
    return pageLook({ ...found, what: 'requests', schema: RowSchema, tableOf });
  });

export interface RequestOptions extends AdminOptions {
  readonly history?: true;
  readonly context?: true;
  /** Milliseconds. */
  readonly wait?: number;
}

export const runRequest = (cli: Cli, id: string, options: RequestOptions): Promise<number> =>
  options.wait === undefined
    ? show(cli, options, (to) =>
        options.history
          ? historyLook(id, options, to)
          : options.context
            ? contextLook(id, to)
            : requestLook(cli, id, options, to),
      )
    : untilEnd(cli, id, options, options.wait);

async function historyLook(id: string, options: AdminOptions, to: AdminCall): Promise<Look> {
  const { entries, isComplete, ...found } = await callAdmin(Requests.method.history, { id }, to);
  return {
    lines: [cut(`0x${found.id}`), ...historyTable(entries, isComplete, laneColumn, options)],
    objects: entries.map((entry) => messageJson(EntrySchema, entry) as object),
    headingAt: 1,
  };
}

async function contextLook(id: string, to: AdminCall): Promise<Look> {
  const { request } = await callAdmin(Requests.method.get, { id, withContext: true }, to);
  const { row, machine = '', stateValue = '', context } = request ?? {};
  return {
    lines:
      context === undefined
        ? ['Its last transition is being written. Look again.']
        : [`${machine}, transition ${row?.seq ?? 0}, ${stateValue}`, ...JSON.stringify(context, null, 2).split('\n')],
    objects: [{ id: row?.id, seq: row?.seq, machine, stateValue, context }],
  };
}

async function requestLook(cli: Cli, id: string, options: AdminOptions, to: AdminCall): Promise<Look & { row: Row }> {
  const { request } = await callAdmin(Requests.method.get, { id }, to);
  if (request?.row === undefined) throw new Error('an answer without a request');
  const { row } = request;
  return {
    row,
    lines: linesOf(request, row, cli.clock, options),
    objects: [messageJson(RequestSchema, request) as object],
  };
}

/** 0 once it is fulfilled, 1 when it has ended otherwise, and 7 when it is open still. */
const untilEnd = (cli: Cli, id: string, options: RequestOptions, waitMs: number): Promise<number> =>
  cli.interruptible(async (signal) => {
    const to = await connection(cli, options, signal);
    const look = () => requestLook(cli, id, options, to);
    const { seen, isDone } = await waitUntil(cli, to, { waitMs, look, isDone: ({ row }) => !isOpen(row) });
    printLook(cli, options, options.history ? await historyLook(id, options, to) : seen);
    return isDone ? Number(seen.row.state !== 'fulfilled') : ranOutExitCode;
  });

const pathOf = ({ state, phase }: Row) => (phase === '' ? state : `${state}.${phase}`);
const ends = ['fulfilled', 'failed', 'cancelled', 'expired'];
const isOpen = ({ state }: Row) => !ends.includes(state);
const progressIn = ({ progress }: Row) =>
  progress === undefined
    ? '–'
    : progress.total > 0
      ? `${progress.stage} ${progress.done}/${progress.total}`
      : progress.stage;

const rowTable = (rows: readonly Row[], clock: Clock, options: AdminOptions): string[] =>
  table(
    ['REQUEST', 'AGE', 'STATE', 'WHY', 'LANE', 'TRY', 'PROGRESS', 'DEADLINE'],
    rows.map((row) => [
      idsOf(options)(row.id),
      ago(row.created, clock),
      row.quarantined ? `${pathOf(row)} (set aside)` : pathOf(row),
      row.failure?.code ?? (row.reason || '–'),
      row.laneId || '–',
      row.attempt === 0 ? '–' : String(row.attempt),
      progressIn(row),
      isOpen(row) ? within(row.deadline, clock) : '–',
    ]),
    { isWhole: options.fullIds },
  );

function linesOf(
  { execution, stdin, proof, place, age, tries, reasons, traceparent }: Request,
  row: Row,
  clock: Clock,
  options: AdminOptions,
): string[] {
  const moment = momentsOf(options);
  const fields: [string, string | undefined][] = [
    ['Request', `0x${row.id}`],
    ['State', row.quarantined ? `${pathOf(row)}, set aside until it is released, after a bug of ours` : pathOf(row)],
    ['Failure', row.failure?.code],
    ['', row.failure?.sentence],
    ...reasons.map(({ sentence }, index): [string, string] => [index === 0 ? 'Why' : '', sentence]),
    ['Lane', row.laneId || undefined],
    ['Progress', row.progress && progressIn(row)],
    ['Place', place && `${place.ahead} before it for ${place.line}, ${place.aheadOfOwn} of them of its own requester`],
    ['Requester', `0x${row.requester}`],
    ['Program', `0x${row.vkHash}`],
    ['Mode', row.mode],
    ['Input', stdin && `${formatSize(Number(stdin.sizeBytes))}${row.isPrivate ? ', private' : ''}`],
    ['Created', row.created && moment(row.created)],
    ['Age', `${lasting(age)}${isOpen(row) ? '' : ', until its end'}`],
    ['Deadline', row.deadline && `${moment(row.deadline)}${isOpen(row) ? `, ${within(row.deadline, clock)}` : ''}`],
    ['Tries', tries && `execute ${tries.execute} · prove ${tries.prove} · verify ${tries.verify}`],
    ['Cycles', execution && `${formatCount(execution.cycles)} · gas ${formatCount(execution.gas)}`],
    ['Proof', proof && `${formatSize(Number(proof.sizeBytes))} · sha256 ${proof.sha256.slice(0, 16)}…`],
    ['Trace', traceparent.split('-')[1]],
    ['Transitions', String(row.seq + 1)],
  ];
  return fieldLines(fields);
}
