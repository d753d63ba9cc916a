// `sealed-prover admin artifacts`: what is stored, of whom, and how much room there is.
import { toJson as messageJson } from '@bufbuild/protobuf';
import type { Clock } from '../../clock.js';
import {
  Artifacts,
  type ArtifactsUsageResponse,
  ArtifactsUsageResponseSchema,
  type StoredArtifact,
  StoredArtifactSchema,
} from '../../gen/admin/v1/artifacts_pb.js';
import type { Cli } from '../cli.js';
import { problemsExitCode } from '../data/check.js';
import { formatCount, formatSize } from '../format.js';
import { runActs } from './act.js';
import { assertReason, type MaybeActOptions } from './actOptions.js';
import { callAdmin } from './callAdmin.js';
import { type AdminOptions, connection } from './connection.js';
import { type PageOptions, pageLook, pageOf } from './pages.js';
import { jsonLine, show } from './show.js';
import { table } from './table.js';
import { ago, idsOf, type WriteId } from './words.js';

/** So many owners are shown; `--json` has up to 50. */
const shownOwners = 10;

export const runUsage = (cli: Cli, options: AdminOptions): Promise<number> =>
  show(cli, options, async (to) => {
    const usage = await callAdmin(Artifacts.method.usage, {}, to);
    return { lines: linesOf(usage), objects: [messageJson(ArtifactsUsageResponseSchema, usage) as object] };
  });

const size = (bytes: bigint | undefined): string => formatSize(Number(bytes ?? 0n));

function linesOf(usage: ArtifactsUsageResponse): string[] {
  const { kinds, owners, ownersTotal, spent, scratch, freeBytes, reservedBytes, reservedLimitBytes } = usage;
  const more = ownersTotal - Math.min(owners.length, shownOwners);
  return [
    ...table(
      ['KIND', 'COUNT', 'FILES', 'SIZE'],
      [
        ...kinds.map(({ kind, count, files, sizeBytes }) => [
          kind,
          formatCount(count),
          formatCount(files),
          size(sizeBytes),
        ]),
        ['unfinished', '–', formatCount(scratch?.files ?? 0), size(scratch?.sizeBytes)],
      ],
    ),
    `free       ${size(freeBytes)} on the disk under the data folder`,
    `reserved   ${size(reservedBytes)} of ${size(reservedLimitBytes)} for uploads`,
    ...(spent === 0 ? [] : [`spent      ${formatCount(spent)} inputs of ended requests, whose bytes are gone`]),
    ...(owners.length === 0 ? [] : ['']),
    ...(owners.length === 0
      ? []
      : table(
          ['OWNER', 'COUNT', 'SIZE'],
          owners
            .slice(0, shownOwners)
            .map(({ owner, count, sizeBytes }) => [`0x${owner}`, formatCount(count), size(sizeBytes)]),
        )),
    ...(more > 0 ? [`and ${formatCount(more)} more owners`] : []),
  ];
}

export interface ArtifactListOptions extends AdminOptions, PageOptions {
  readonly kind?: readonly string[];
  readonly owner?: string;
}

export const runArtifactList = (cli: Cli, options: ArtifactListOptions): Promise<number> =>
  show(cli, options, async (to) => {
    const { kind = [], owner = '' } = options;
    const found = await callAdmin(Artifacts.method.list, { kinds: [...kind], owner, page: pageOf(options) }, to);
    const tableOf = (rows: readonly StoredArtifact[]) => rowTable(rows, cli.clock, options);
    return pageLook({ ...found, what: 'artifacts', schema: StoredArtifactSchema, tableOf });
  });

const rowTable = (rows: readonly StoredArtifact[], clock: Clock, options: AdminOptions): string[] =>
  table(
    ['ARTIFACT', 'KIND', 'SIZE', 'AGE', 'OWNER', 'NEEDED BY'],
    rows.map((row) => [
      idsOf(options)(row.id),
      row.isPrivate ? `${row.kind} (private)` : row.kind,
      size(row.sizeBytes),
      ago(row.stored, clock),
      idsOf(options)(row.owner),
      neededBy(row, idsOf(options)),
    ]),
    { isWhole: options.fullIds },
  );

/** Terabytes are read (ms). */
const patience = { silenceMs: 7 * 24 * 3_600_000 };

export const runVerify = (cli: Cli, options: AdminOptions & { readonly rate?: bigint }): Promise<number> =>
  cli.interruptible(async (signal) => {
    const to = { ...(await connection(cli, options, signal)), ...patience };
    const { rate: bytesPerSecond = 0n } = options;
    const { findings, total, files, sizeBytes } = await callAdmin(Artifacts.method.verify, { bytesPerSecond }, to);
    for (const { code, id, sentence } of findings)
      cli.output.print(options.json ? jsonLine({ code, id, sentence }) : `${code} ${id}: ${sentence}`);
    if (options.json) cli.output.print(jsonLine({ problems: Number(total), files, sizeBytes: Number(sizeBytes) }));
    else
      cli.output.print(
        `${formatCount(files)} files with ${size(sizeBytes)} were read: ${total === 0n ? 'nothing is' : `${total} are`} wrong.`,
      );
    return total === 0n ? 0 : problemsExitCode;
  });

export function runCollect(cli: Cli, options: MaybeActOptions): Promise<number> {
  assertReason(options);
  return runActs(cli, options, Artifacts.method.collect, [{ apply: true }], { isAsked: true });
}

function neededBy({ isSpent, references: [first, ...others] }: StoredArtifact, id: WriteId): string {
  if (isSpent) return 'spent';
  if (first === undefined) return 'nothing';
  return others.length === 0 ? id(first) : `${id(first)} +${others.length}`;
}
