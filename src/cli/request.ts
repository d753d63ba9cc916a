// `sealed-prover request show|list|cancel`: what a service knows about requests, and giving one up.
import type { RequestDetails, RequestId } from '../client/client.js';
import type { Cli } from './cli.js';
import { connect, type ServiceOptions } from './connect.js';
import { formatCount, formatDuration } from './format.js';
import { toJson } from './output.js';

export interface RequestOptions extends ServiceOptions {
  readonly json?: true;
}

const time = (at: number | undefined) => (at === undefined ? '–' : new Date(at).toISOString().replace('.000Z', 'Z'));

export async function runRequestShow(cli: Cli, requestId: RequestId, options: RequestOptions): Promise<number> {
  return await cli.interruptible(async (signal) => {
    const client = await connect(cli, options, { signal });
    try {
      const request = await client.details(requestId, { signal });
      if (options.json) cli.output.print(toJson(request));
      else for (const [name, value] of rowsOf(request)) cli.output.print(`${name.padEnd(14)} ${value}`);
      return 0;
    } finally {
      client.close();
    }
  });
}

export async function runRequestCancel(cli: Cli, requestId: RequestId, options: RequestOptions): Promise<number> {
  return await cli.interruptible(async (signal) => {
    const client = await connect(cli, options, { signal });
    try {
      await client.cancelRequest(requestId, { signal });
      cli.output.print(options.json ? toJson({ requestId, state: 'cancelled' }) : `Cancelled 0x${requestId}`);
      return 0;
    } finally {
      client.close();
    }
  });
}

/** What became of the proof: the network has no status for a request whose time ran out. */
const proofOf = ({ state, fulfilment }: RequestDetails) => (state === 'expired' ? 'expired' : short(fulfilment));
const short = (name: string) => name.replace(/^(FULFILLMENT_STATUS|EXECUTION_STATUS)_/, '').toLowerCase();
const limit = (value: bigint) => (value === 2n ** 64n - 1n ? 'none' : formatCount(value));

function rowsOf(request: RequestDetails): [string, string][] {
  const { cycles, gasUsed, fulfilledAt, createdAt, executeFailCause, error, reason } = request;
  const rows: [string, string | undefined][] = [
    ['Request', `0x${request.requestId}`],
    ['Program', `0x${request.vkHash}`],
    ['Requester', `0x${request.requester}`],
    ['Mode', `${request.mode ?? 'unknown'} (${request.version})`],
    ['Proof', proofOf(request)],
    ['Execution', short(request.execution)],
    ['Cause', executeFailCause],
    ['Error', error],
    ['Reason', reason],
    ['Created', time(createdAt)],
    ['Fulfilled', fulfilledAt && `${time(fulfilledAt)}, after ${formatDuration(fulfilledAt - createdAt)}`],
    ['Deadline', time(request.deadlineAt)],
    ['Cycles', cycles === undefined ? undefined : `${formatCount(cycles)} (limit ${limit(request.cycleLimit)})`],
    ['Gas', gasUsed === undefined ? undefined : `${formatCount(gasUsed)} (limit ${limit(request.gasLimit)})`],
  ] as [string, string | undefined][];
  return rows.filter((row): row is [string, string] => row[1] !== undefined);
}

export interface RequestListOptions extends RequestOptions {
  readonly limit: number;
  readonly page: number;
}

export async function runRequestList(cli: Cli, options: RequestListOptions): Promise<number> {
  return await cli.interruptible(async (signal) => {
    const client = await connect(cli, options, { signal });
    try {
      const { limit, page } = options;
      const requests = await client.list({ signal, limit, page });
      if (options.json) {
        cli.output.print(toJson(requests));
      } else if (requests.length === 0) {
        cli.output.note('No requests of yours.');
      } else {
        cli.output.print(await tableOf(requests));
      }
      return 0;
    } finally {
      client.close();
    }
  });
}

async function tableOf(requests: readonly RequestDetails[]): Promise<string> {
  const { default: Table } = await import('cli-table3');
  const table = new Table({
    head: ['Request', 'Created', 'Mode', 'Execution', 'Proof', 'Cycles'],
    style: { head: [], border: [] },
  });
  for (const request of requests) {
    const { requestId, createdAt, mode, execution, cycles } = request;
    table.push([
      `0x${requestId}`,
      time(createdAt),
      mode ?? '?',
      short(execution),
      proofOf(request),
      cycles === undefined ? '' : formatCount(cycles),
    ]);
  }
  return table.toString();
}
