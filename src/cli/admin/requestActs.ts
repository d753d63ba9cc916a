// `sealed-prover admin cancel ID…`: actions on requests, one after the other.
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { Requests } from '../../gen/admin/v1/requests_pb.js';
import type { Cli } from '../cli.js';
import { runActs } from './act.js';
import type { ActOptions } from './actOptions.js';

const { cancel, retry, retryNow, giveUp, release } = Requests.method;
const methods = { cancel, retry, 'retry-now': retryNow, 'give-up': giveUp, release } as const;

export const runOnRequests = (
  cli: Cli,
  act: keyof typeof methods,
  ids: readonly string[],
  options: ActOptions,
  isAsked: boolean,
): Promise<number> =>
  runActs(
    cli,
    options,
    // All of them take the same.
    methods[act] as typeof cancel,
    ids.map((id) => ({ id })),
    { isAsked },
  );

export const runDeadline = (cli: Cli, id: string, at: number, options: ActOptions): Promise<number> =>
  runActs(cli, options, Requests.method.moveDeadline, [{ id, deadline: timestampFromMs(at) }], { isAsked: false });

export const runPriority = (cli: Cli, id: string, priority: string, options: ActOptions): Promise<number> =>
  runActs(cli, options, Requests.method.setPriority, [{ id, priority }], { isAsked: false });
