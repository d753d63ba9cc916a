// `sealed-prover admin audit`: who did what, and why, newest first.
import { toJson as messageJson } from '@bufbuild/protobuf';
import { timestampMs } from '@bufbuild/protobuf/wkt';
import { type AuditRow, AuditRowSchema, Service } from '../../gen/admin/v1/service_pb.js';
import type { Cli } from '../cli.js';
import { type AdminCall, callAdmin } from './callAdmin.js';
import type { AdminOptions } from './connection.js';
import { momentsOf } from './moment.js';
import { show } from './show.js';
import { wrapped } from './table.js';
import { idsOf, writtenTarget } from './words.js';

export interface AuditOptions extends AdminOptions {
  readonly limit?: number;
  readonly before?: bigint;
  /** Milliseconds. */
  readonly since?: number;
}

const usualCount = { last: 20, since: 10_000 } as const;
/** In an answer. */
const mostRows = 500;

export const runAudit = (cli: Cli, options: AuditOptions): Promise<number> =>
  show(cli, options, async (to) => {
    const rows = await rowsOf(cli, options, to);
    return {
      lines: rows.length === 0 ? ['Nothing was done.'] : rows.flatMap((row) => linesOf(row, options)),
      objects: rows.map((row) => messageJson(AuditRowSchema, row) as object),
    };
  });

async function rowsOf({ clock }: Cli, options: AuditOptions, to: AdminCall): Promise<readonly AuditRow[]> {
  const { since, limit = since === undefined ? usualCount.last : usualCount.since } = options;
  const fromMs = since === undefined ? 0 : clock.now() - since;
  const rows: AuditRow[] = [];
  for (let before = options.before ?? 0n; rows.length < limit; ) {
    const size = Math.min(mostRows, limit - rows.length);
    const found = (await callAdmin(Service.method.auditList, { size, before }, to)).rows;
    const young = found.filter(({ at }) => at !== undefined && timestampMs(at) >= fromMs);
    rows.push(...young);
    if (young.length < size) break;
    before = rows.at(-1)?.feed ?? 0n;
  }
  return rows;
}

function linesOf({ feed, at, audit }: AuditRow, options: AdminOptions): string[] {
  if (at === undefined || audit === undefined) return [];
  const { operator, action, target, reason, effects } = audit;
  const head = `${String(feed).padStart(8)}  ${momentsOf(options)(at)}  `;
  const what = [operator, action, writtenTarget(target, idsOf(options))].filter((part) => part !== '').join(' ');
  return [
    ...wrapped(`${what}: ${reason}`, head),
    ...effects.flatMap((effect) => wrapped(effect, ' '.repeat(head.length))),
  ];
}
