// One page of a list: its table, its objects, and the token that goes on where it ends.
import { type DescMessage, type JsonObject, type MessageShape, toJson as messageJson } from '@bufbuild/protobuf';
import type { PageInfo } from '../../gen/admin/v1/shared_pb.js';
import type { Look } from './show.js';

export interface PageOptions {
  readonly limit: number;
  readonly page?: string;
}

export const pageOf = ({ limit, page = '' }: PageOptions) => ({ size: limit, token: page });

interface Found<S extends DescMessage> {
  /** Of what is listed: `requests`. */
  readonly what: string;
  readonly schema: S;
  readonly rows: readonly MessageShape<S>[];
  readonly page?: PageInfo | undefined;
  /** The heading, and a line a row. */
  readonly tableOf: (rows: readonly MessageShape<S>[]) => readonly string[];
}

/** A page may be empty and not the last: the service looks at so much a call. */
export function pageLook<S extends DescMessage>({ what, schema, rows, page, tableOf }: Found<S>): Look {
  const token = page?.nextToken ?? '';
  return {
    lines: [
      ...(rows.length === 0 ? [`No such ${what}.`] : tableOf(rows)),
      ...(token === '' ? [] : [`more: --page ${token}`]),
    ],
    objects: [
      ...rows.map((row) => messageJson(schema, row) as JsonObject),
      ...(token === '' ? [] : [{ nextToken: token }]),
    ],
    headingAt: rows.length === 0 ? undefined : 0,
  };
}
