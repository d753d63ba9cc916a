// `sealed-prover admin machine ID`: a state machine as it is, in words or as a drawing.
import { toJson as messageJson } from '@bufbuild/protobuf';
import {
  Machines,
  type MachinesDescribeResponse,
  MachinesDescribeResponseSchema,
} from '../../gen/admin/v1/machines_pb.js';
import type { Cli } from '../cli.js';
import { callAdmin } from './callAdmin.js';
import type { AdminOptions } from './connection.js';
import { show } from './show.js';
import { wrapped } from './table.js';

export interface MachineOptions extends AdminOptions {
  readonly mermaid?: true;
  readonly dot?: true;
  readonly svg?: true;
}

export const runMachine = (cli: Cli, id: string, options: MachineOptions): Promise<number> =>
  show(cli, options, async (to) => {
    const machine = await callAdmin(Machines.method.describe, { id }, to);
    return {
      lines: drawnAs(machine, options) ?? linesOf(machine),
      objects: [messageJson(MachinesDescribeResponseSchema, machine) as object],
    };
  });

function drawnAs({ mermaid, dot, svg }: MachinesDescribeResponse, options: MachineOptions): string[] | undefined {
  if (options.mermaid) return [mermaid];
  if (options.dot) return [dot];
  return options.svg ? [svg.trimEnd()] : undefined;
}

function linesOf({ id, states, edges, liveCounts }: MachinesDescribeResponse): string[] {
  return [
    id,
    ...states.flatMap(({ path, sentence, isFinal }) => {
      const count = liveCounts[path];
      return [
        '',
        `${path}${isFinal ? ' (final)' : ''}${count === undefined ? '' : `  ${count} now`}`,
        ...wrapped(sentence, '  '),
        ...edges
          .filter(({ from }) => from === path)
          .flatMap(({ to, on, guardSentence }) =>
            wrapped(guardSentence === '' ? on : `${on}. ${guardSentence}`, `  → ${to}  `),
          ),
      ];
    }),
  ];
}
