// `sealed-prover admin audit`: who did what, and why, newest first.
import { toJson as messageJson } from '@bufbuild/protobuf';
import { type AuditRow, AuditRowSchema, Service } from '../../gen/admin/v1/service_pb.js';
import type { Cli } from '../cli.js';
import { callAdmin } from './callAdmin.js';
import type { AdminOptions } from './connection.js';
import { momentsOf } from './moment.js';
import { show } from './show.js';
import { wrapped } from './table.js';
import { idsOf, writtenTarget } from './words.js';

export interface AuditOptions extends AdminOptions {
  readonly limit: number;
  readonly before?: bigint;
}

export const runAudit = (cli: Cli, options: AuditOptions): Promise<number> =>
  show(cli, options, async (to) => {
    const { limit: size, before = 0n } = options;
    const { rows } = await callAdmin(Service.method.auditList, { size, before }, to);
    return {
      lines: rows.length === 0 ? ['Nothing was done.'] : rows.flatMap((row) => linesOf(row, options)),
      objects: rows.map((row) => messageJson(AuditRowSchema, row) as object),
    };
  });

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
