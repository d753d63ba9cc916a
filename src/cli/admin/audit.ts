// `sealed-prover admin audit`: who did what, and why, newest first.
import { toJson as messageJson } from '@bufbuild/protobuf';
import { timestampMs } from '@bufbuild/protobuf/wkt';
import { type AuditRow, AuditRowSchema, Service } from '../../gen/admin/v1/service_pb.js';
import type { Cli } from '../cli.js';
import { callAdmin } from './callAdmin.js';
import type { AdminOptions } from './connection.js';
import { show } from './show.js';
import { wrapped } from './table.js';
import { idsOf, type WriteId, writtenTarget } from './words.js';

export interface AuditOptions extends AdminOptions {
  readonly limit: number;
  readonly before?: bigint;
}

export const runAudit = (cli: Cli, options: AuditOptions): Promise<number> =>
  show(cli, options, async (to) => {
    const { limit: size, before = 0n } = options;
    const { rows } = await callAdmin(Service.method.auditList, { size, before }, to);
    return {
      lines: rows.length === 0 ? ['Nothing was done.'] : rows.flatMap((row) => linesOf(row, idsOf(options))),
      objects: rows.map((row) => messageJson(AuditRowSchema, row) as object),
    };
  });

function linesOf({ feed, at, audit }: AuditRow, id: WriteId): string[] {
  if (at === undefined || audit === undefined) return [];
  const { operator, action, target, reason, effects } = audit;
  const moment = new Date(timestampMs(at)).toISOString().replace('T', ' ').slice(0, 19);
  const what = [operator, action, writtenTarget(target, id)].filter((part) => part !== '').join(' ');
  return [
    ...wrapped(`${what}: ${reason}`, `${String(feed).padStart(8)}  ${moment}  `),
    ...effects.flatMap((effect) => wrapped(effect, ' '.repeat(31))),
  ];
}
