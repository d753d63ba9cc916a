// `sealed-prover admin requests` and `admin request ID`: which requests there are, and all that is known of one.
import { toJson as messageJson } from '@bufbuild/protobuf';
import { timestampMs } from '@bufbuild/protobuf/wkt';
import type { Clock } from '../../clock.js';
import {
  type Entry,
  EntrySchema,
  type Request,
  RequestSchema,
  Requests,
  type RequestsHistoryResponse,
  type Row,
  RowSchema,
} from '../../gen/admin/v1/requests_pb.js';
import type { Cli } from '../cli.js';
import { formatCount, formatSize } from '../format.js';
import { callAdmin } from './callAdmin.js';
import type { AdminOptions } from './connection.js';
import { type FilterOptions, filterOf } from './filterOptions.js';
import { show } from './show.js';
import { cut, fieldLines, table, wrapped } from './table.js';
import { ago, idsOf, isoTime, lasting, shortTime, within } from './words.js';

export interface RequestsOptions extends AdminOptions, FilterOptions {
  readonly limit: number;
  readonly page?: string;
}

export const runRequests = (cli: Cli, options: RequestsOptions): Promise<number> =>
  show(cli, options, async (to) => {
    const { limit, page = '' } = options;
    const filter = filterOf(options);
    const { rows, page: info } = await callAdmin(
      Requests.method.list,
      { filter, page: { size: limit, token: page } },
      to,
    );
    const token = info?.nextToken ?? '';
    const older = token === '' ? [] : [`older: --page ${token}`];
    return {
      lines: rows.length === 0 ? ['No such requests.', ...older] : [...rowTable(rows, cli.clock, options), ...older],
      objects: [
        ...rows.map((row) => messageJson(RowSchema, row) as object),
        ...(token === '' ? [] : [{ nextToken: token }]),
      ],
    };
  });

export interface RequestOptions extends AdminOptions {
  readonly history?: true;
}

export const runRequest = (cli: Cli, id: string, options: RequestOptions): Promise<number> =>
  show(cli, options, async (to) => {
    if (options.history) {
      const history = await callAdmin(Requests.method.history, { id }, to);
      return {
        lines: historyTable(history),
        objects: history.entries.map((entry) => messageJson(EntrySchema, entry) as object),
      };
    }
    const { request } = await callAdmin(Requests.method.get, { id }, to);
    if (request?.row === undefined) throw new Error('an answer without a request');
    return {
      lines: linesOf(request, request.row, cli.clock),
      objects: [messageJson(RequestSchema, request) as object],
    };
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
): string[] {
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
    ['Created', row.created && isoTime(timestampMs(row.created))],
    ['Age', `${lasting(age)}${isOpen(row) ? '' : ', until its end'}`],
    [
      'Deadline',
      row.deadline && `${isoTime(timestampMs(row.deadline))}${isOpen(row) ? `, ${within(row.deadline, clock)}` : ''}`,
    ],
    ['Tries', tries && `execute ${tries.execute} · prove ${tries.prove} · verify ${tries.verify}`],
    ['Cycles', execution && `${formatCount(execution.cycles)} · gas ${formatCount(execution.gas)}`],
    ['Proof', proof && `${formatSize(Number(proof.sizeBytes))} · sha256 ${proof.sha256.slice(0, 16)}…`],
    ['Trace', traceparent.split('-')[1]],
    ['Transitions', String(row.seq + 1)],
  ];
  return fieldLines(fields);
}

function historyTable({ id, entries, isComplete }: RequestsHistoryResponse): string[] {
  const at = (index: number) => {
    const entry = entries[index];
    return entry?.at === undefined ? 0 : timestampMs(entry.at);
  };
  const rows = entries.map(({ seq, to, on, laneId, life }, index) => [
    String(seq),
    isoTime(at(index)),
    to,
    on,
    laneId || '–',
    index === 0 ? '–' : shortTime(at(index) - at(index - 1)),
    life === 0 ? '–' : String(life),
  ]);
  const [head = '', ...lines] = table(['SEQ', 'AT', 'TO', 'ON', 'LANE', 'AFTER', 'LIFE'], rows);
  return [
    cut(`0x${id}`),
    head,
    ...lines.flatMap((line, index) => [
      ...(isNewLife(entries, index) ? [restart] : []),
      line,
      ...failureIn(entries[index]),
      ...operatorIn(entries[index]),
    ]),
    ...(isComplete ? [] : ['There are more.']),
  ];
}

const restart = '     ─────────── the service was started anew ───────────';

/** The service was stopped or killed between this entry and the one before. */
const isNewLife = (entries: readonly Entry[], index: number): boolean => {
  const before = entries[index - 1]?.life ?? 0;
  return before !== 0 && before !== entries[index]?.life;
};

/** Below its line: a sentence needs more room than a column has. */
const failureIn = (entry: Entry | undefined): string[] =>
  entry?.failure === undefined ? [] : wrapped(`${entry.failure.code}: ${entry.failure.sentence}`, '     ');

const operatorIn = (entry: Entry | undefined): string[] =>
  !entry?.by ? [] : wrapped(`by ${entry.by}: ${entry.reason}`, '     ');
