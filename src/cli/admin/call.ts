// `sealed-prover admin call METHOD JSON`: any method of the operators' API by its name, for scripts and for what has no command of its own.
import {
  type DescMethodUnary,
  type DescService,
  fromJson,
  type JsonValue,
  toJson as messageJson,
} from '@bufbuild/protobuf';
import { Artifacts } from '../../gen/admin/v1/artifacts_pb.js';
import { Deliveries } from '../../gen/admin/v1/deliveries_pb.js';
import { Lanes } from '../../gen/admin/v1/lanes_pb.js';
import { Machines } from '../../gen/admin/v1/machines_pb.js';
import { Programs } from '../../gen/admin/v1/programs_pb.js';
import { Queue } from '../../gen/admin/v1/queue_pb.js';
import { Requests } from '../../gen/admin/v1/requests_pb.js';
import { Service } from '../../gen/admin/v1/service_pb.js';
import { Signers } from '../../gen/admin/v1/signers_pb.js';
import { Upkeep } from '../../gen/admin/v1/upkeep_pb.js';
import { printable } from '../../printable.js';
import { type Cli, CliError, usageExitCode } from '../cli.js';
import { callAdmin } from './callAdmin.js';
import { type AdminOptions, connection } from './connection.js';
import { jsonLine } from './show.js';

const services: readonly DescService[] = [
  Artifacts,
  Deliveries,
  Lanes,
  Machines,
  Programs,
  Queue,
  Requests,
  Service,
  Signers,
  Upkeep,
];

/** By `Service/Method`. Those that answer once: `admin feed --follow` is the one that does not end. */
export const callable: ReadonlyMap<string, DescMethodUnary> = new Map(
  services
    .flatMap(({ methods }) => methods)
    .filter((method): method is DescMethodUnary => method.methodKind === 'unary')
    .map((method) => [`${method.parent.name}/${method.name}`, method]),
);

const longestProblem = 200;
/** Backups and checks are called this way too (ms). */
const silenceMs = 24 * 3_600_000;

export const runCall = (cli: Cli, name: string, text: string, options: AdminOptions): Promise<number> =>
  cli.interruptible(async (signal) => {
    const method = callable.get(name.replace(/^\/?sealed\.admin\.v1\./, ''));
    if (method === undefined)
      throw new CliError(
        'NOT_UNDERSTOOD',
        `There is no such method. There are: ${[...callable.keys()].join(', ')}.`,
        usageExitCode,
      );
    const request = messageIn(method, text);
    const to = { ...(await connection(cli, options, signal)), silenceMs };
    const answer = await callAdmin(method, request, to);
    cli.output.print(jsonLine(messageJson(method.output, answer) as object));
    return 0;
  });

function messageIn(method: DescMethodUnary, text: string) {
  try {
    return fromJson(method.input, JSON.parse(text) as JsonValue);
  } catch (error) {
    const problem = printable(error instanceof Error ? error.message : String(error), longestProblem);
    throw new CliError('NOT_UNDERSTOOD', `This is no ${method.input.name} as JSON: ${problem}`, usageExitCode);
  }
}
