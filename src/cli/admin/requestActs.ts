// `sealed-prover admin cancel ID…`: actions on requests, one after the other.
import { Requests } from '../../gen/admin/v1/requests_pb.js';
import type { Cli } from '../cli.js';
import { runActs } from './act.js';
import type { ActOptions } from './actOptions.js';

export const runCancel = (cli: Cli, ids: readonly string[], options: ActOptions): Promise<number> =>
  runActs(cli, options, Requests.method.cancel, named(ids), { isAsked: true });

export const runRetryNow = (cli: Cli, ids: readonly string[], options: ActOptions): Promise<number> =>
  runActs(cli, options, Requests.method.retryNow, named(ids), { isAsked: false });

const named = (ids: readonly string[]) => ids.map((id) => ({ id }));
