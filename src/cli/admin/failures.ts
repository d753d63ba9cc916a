// `sealed-prover admin failures`: why requests have failed lately. One cause or many, one lane, one program?
import { toJson as messageJson } from '@bufbuild/protobuf';
import { durationFromMs, timestampMs } from '@bufbuild/protobuf/wkt';
import type { Clock } from '../../clock.js';
import { type FailureGroup, FailureGroupSchema, type FailureShare, Service } from '../../gen/admin/v1/service_pb.js';
import type { Cli } from '../cli.js';
import { callAdmin } from './callAdmin.js';
import type { AdminOptions } from './connection.js';
import { show } from './show.js';
import { wrapped } from './table.js';
import { ago, idsOf, type WriteId } from './words.js';

export interface FailuresOptions extends AdminOptions {
  /** Milliseconds. */
  readonly since: number;
}

export const runFailures = (cli: Cli, options: FailuresOptions): Promise<number> =>
  show(cli, options, async (to) => {
    const { groups, scanned, lookedBackTo } = await callAdmin(
      Service.method.failures,
      { since: durationFromMs(options.since) },
      to,
    );
    const total = groups.reduce((sum, { count }) => sum + count, 0);
    const backTo = lookedBackTo && timestampMs(lookedBackTo);
    // A minute more or less is how long the call took.
    const isCut = backTo !== undefined && backTo > cli.clock.now() - options.since + 60_000;
    return {
      lines: [
        `${total === 0 ? 'None' : total} of ${scanned} requests that ended in the last ${ago(lookedBackTo, cli.clock)} ${total === 1 ? 'has' : 'have'} failed.`,
        ...(isCut ? ['There are more before, too many for one look.'] : []),
        ...groups.flatMap((group) => linesOf(group, cli.clock, idsOf(options))),
      ],
      objects: groups.map((group) => messageJson(FailureGroupSchema, group) as object),
    };
  });

const indent = '  ';

function linesOf(group: FailureGroup, clock: Clock, id: WriteId): string[] {
  const { code, sentence, count, held, first, last, sampleIds, lanes, lanesTotal, programs, programsTotal } = group;
  const isHeld = held > 0 ? `, ${held} of them held` : '';
  return [
    '',
    `${code}  ${count}${isHeld} · last ${ago(last, clock)} ago, first ${ago(first, clock)} ago`,
    ...wrapped(sentence, indent),
    ...(lanesTotal > 0
      ? wrapped(
          sharesIn(lanes, lanesTotal, (name) => name),
          `${indent}lanes     `,
        )
      : []),
    ...wrapped(sharesIn(programs, programsTotal, id), `${indent}programs  `),
    ...wrapped(sampleIds.map(id).join(' '), `${indent}such as   `),
  ];
}

function sharesIn(shares: readonly FailureShare[], total: number, named: (name: string) => string): string {
  const more = total - shares.length;
  return [
    ...shares.map(({ name, count }) => `${named(name)} ${count}`),
    ...(more > 0 ? [`and ${more} more`] : []),
  ].join(' · ');
}
