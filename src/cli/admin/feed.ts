// `sealed-prover admin feed`: what has happened to requests, lanes and the service, a line each.
import { toJson as messageJson } from '@bufbuild/protobuf';
import { type RequestsWatchResponse, RequestsWatchResponseSchema } from '../../gen/admin/v1/requests_pb.js';
import { type Cli, CliError, interruptedExitCode } from '../cli.js';
import type { AdminCall } from './callAdmin.js';
import { type AdminOptions, connection } from './connection.js';
import { type FollowParameters, followFeed, keepFollowing } from './followFeed.js';
import { momentsOf } from './moment.js';
import { jsonLine } from './show.js';
import { cut } from './table.js';
import { idsOf, type WriteId, writtenTarget } from './words.js';

export interface FeedOptions extends AdminOptions {
  readonly after?: bigint;
  readonly follow?: true;
  readonly kind?: readonly string[];
  readonly deliveryState?: readonly string[];
}

/** Shown where no number is given. */
const usualCount = 100;

export const runFeed = (cli: Cli, options: FeedOptions): Promise<number> =>
  cli.interruptible(async (signal) => {
    const to = await connection(cli, options, signal);
    const only = { kinds: options.kind, deliveryStates: options.deliveryState };
    const print = (event: RequestsWatchResponse) => {
      if (options.json) cli.output.print(jsonLine(messageJson(RequestsWatchResponseSchema, event) as object));
      else for (const line of linesOf(event, options)) cli.output.print(options.fullIds ? line : cut(line));
    };
    // 0 is now for the service, and everything for who asks what came after it.
    const after = options.after === undefined ? await lately(to) : options.after > 0n ? options.after : 1n;
    if (options.follow !== true) {
      await untilLevel(to, after, print, only);
      return signal.aborted ? interruptedExitCode : 0;
    }
    let said = '';
    const onEvent = (event: RequestsWatchResponse) => {
      said = '';
      print(event);
    };
    await keepFollowing(cli, { ...only, to, after, onEvent }, (error) => {
      if (error instanceof CliError && error.code !== 'UNREACHABLE') throw error;
      // A service may be away for long: once is enough.
      if (error instanceof CliError && error.message !== said) cli.output.note(error.message);
      if (error instanceof CliError) said = error.message;
    });
    return interruptedExitCode;
  });

/** The number behind which the last of the feed begins. */
async function lately(to: AdminCall): Promise<bigint> {
  let newest = 0n;
  await untilLevel(to, 0n, ({ feed }) => {
    newest = feed;
  });
  return newest > usualCount ? newest - BigInt(usualCount) : 1n;
}

/** Until the first beat, which says that all has been told. */
async function untilLevel(
  to: AdminCall,
  after: bigint,
  onEvent: (event: RequestsWatchResponse) => void,
  only: Pick<FollowParameters, 'kinds' | 'deliveryStates'> = {},
): Promise<void> {
  const level = new AbortController();
  const signal = AbortSignal.any([to.signal, level.signal]);
  await followFeed({
    ...only,
    to: { ...to, signal },
    after,
    onEvent(event) {
      if (level.signal.aborted) return;
      onEvent(event);
      if (event.event.case === 'beat') level.abort();
    },
  });
}

function linesOf({ feed, at, event }: RequestsWatchResponse, options: AdminOptions): string[] {
  const text = textOf(event, idsOf(options));
  const moment = at === undefined ? '' : momentsOf(options)(at, 'milliseconds');
  return text === undefined ? [] : [`${String(feed).padStart(8)}  ${moment}  ${text}`];
}

function textOf(event: RequestsWatchResponse['event'], id: WriteId): string | undefined {
  if (event.case === 'request') {
    const { row, entry } = event.value;
    const lane = entry?.laneId ? ` on ${entry.laneId}` : '';
    const failure = entry?.failure ? `: ${entry.failure.code}` : '';
    return `${id(row?.id ?? '')}  ${entry?.from || '–'} → ${entry?.to}${lane}${failure}`;
  }
  if (event.case === 'delivery') {
    const { delivery, transition } = event.value;
    return `delivery ${id(delivery?.id ?? '')}  ${transition?.from || '–'} → ${transition?.to}`;
  }
  if (event.case === 'signer') {
    const { signer, transition } = event.value;
    return `signer ${id(signer?.id ?? '')}  ${transition?.from || '–'} → ${transition?.to}`;
  }
  if (event.case === 'lane') {
    const { lane, from, to, warm } = event.value;
    return `${lane?.id}  ${from || '–'} → ${to}${warm ? '' : ' (cold)'}`;
  }
  if (event.case === 'audit') {
    const { operator, action, target, reason } = event.value;
    return `${operator} did ${action}${target === '' ? '' : ` ${writtenTarget(target, id)}`}: ${reason}`;
  }
  if (event.case === 'service') return `service ${event.value.kind}, life ${event.value.facts['life'] ?? '–'}`;
  if (event.case === 'reset')
    return `what came before ${event.value.oldest} is not kept any more, nor told up to ${event.value.newest}`;
  return undefined;
}
