// `sealed-prover admin cancel ID…`: actions on requests, one after the other.
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { Requests } from '../../gen/admin/v1/requests_pb.js';
import type { Cli } from '../cli.js';
import { runActs } from './act.js';
import type { ActOptions } from './actOptions.js';

export const runCancel = (cli: Cli, ids: readonly string[], options: ActOptions): Promise<number> =>
  runActs(cli, options, Requests.method.cancel, named(ids), { isAsked: true });

export const runRetryNow = (cli: Cli, ids: readonly string[], options: ActOptions): Promise<number> =>
  runActs(cli, options, Requests.method.retryNow, named(ids), { isAsked: false });

export const runRetry = (cli: Cli, ids: readonly string[], options: ActOptions): Promise<number> =>
  runActs(cli, options, Requests.method.retry, named(ids), { isAsked: false });

export const runGiveUp = (cli: Cli, ids: readonly string[], options: ActOptions): Promise<number> =>
  runActs(cli, options, Requests.method.giveUp, named(ids), { isAsked: true });

export const runRelease = (cli: Cli, ids: readonly string[], options: ActOptions): Promise<number> =>
  runActs(cli, options, Requests.method.release, named(ids), { isAsked: true });

export const runDeadline = (cli: Cli, id: string, at: number, options: ActOptions): Promise<number> =>
  runActs(cli, options, Requests.method.moveDeadline, [{ id, deadline: timestampFromMs(at) }], { isAsked: false });

export const runPriority = (cli: Cli, id: string, priority: string, options: ActOptions): Promise<number> =>
  runActs(cli, options, Requests.method.setPriority, [{ id, priority }], { isAsked: false });

const named = (ids: readonly string[]) => ids.map((id) => ({ id }));
