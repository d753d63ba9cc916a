// Follows the feed of a service, behind a number, also while the service is restarted.
import { fromJsonString } from '@bufbuild/protobuf';
import { type RequestsWatchResponse, RequestsWatchResponseSchema } from '../../gen/admin/v1/requests_pb.js';
import { pause } from '../../pause.js';
import type { Cli } from '../cli.js';
import { type AdminCall, errorIn, reasonOf, unreached } from './callAdmin.js';

export interface FollowParameters {
  readonly to: AdminCall;
  /** 0: from now on. */
  readonly after: bigint;
  readonly coalesceMs?: number;
  readonly progress?: boolean;
  /** Only these; none means all. */
  readonly kinds?: readonly string[] | undefined;
  readonly deliveryStates?: readonly string[] | undefined;
  readonly onEvent: (event: RequestsWatchResponse) => void;
}

/** An event has some kilobytes. */
const longestEventChars = 1024 * 1024;
const againMs = 1_000;

/** Resolves when the service ends the stream or the signal fires. Throws as `callAdmin` does. */
export function followFeed(parameters: FollowParameters): Promise<void> {
  const { to, after, coalesceMs = 0, progress = false, kinds = [], deliveryStates = [] } = parameters;
  const { at, signal } = to;
  const only = `kinds=${words(kinds)}&delivery_states=${words(deliveryStates)}`;
  const path = `/feed?after=${after}&coalesce_ms=${coalesceMs}&progress=${progress ? 1 : 0}&${only}`;
  return new Promise((resolve, reject) => {
    const request = at.request({ path, signal }, (response) => {
      const isFeed = response.statusCode === 200;
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
        if (isFeed) text = taken(text, parameters.onEvent);
        if (text.length > longestEventChars) request.destroy();
      });
      response.on('error', () => resolve());
      response.on('close', () => {
        if (isFeed) resolve();
        else reject(errorIn(text, response.statusCode ?? 0, at));
      });
    });
    request.on('error', (error) => (signal.aborted ? resolve() : reject(unreached(reasonOf(error), at))));
    request.end();
  });
}

const words = (given: readonly string[]) => given.map(encodeURIComponent).join(',');

/** Calls `onEvent` for each whole one. Answers what is left. */
function taken(text: string, onEvent: FollowParameters['onEvent']): string {
  const parts = text.split('\n\n');
  const rest = parts.pop() ?? '';
  for (const part of parts) {
    const data = part.split('\n').find((line) => line.startsWith('data: '));
    if (data !== undefined)
      onEvent(fromJsonString(RequestsWatchResponseSchema, data.slice('data: '.length), { ignoreUnknownFields: true }));
  }
  return rest;
}

/** Follows for ever: goes on where it was after each break, of which it tells. Resolves when the signal fires. */
export async function keepFollowing(
  cli: Pick<Cli, 'clock'>,
  parameters: FollowParameters,
  onBreak: (error: unknown) => void,
): Promise<void> {
  const { signal } = parameters.to;
  let { after } = parameters;
  const onEvent = (event: RequestsWatchResponse) => {
    if (event.feed > after) after = event.feed;
    parameters.onEvent(event);
  };
  while (!signal.aborted) {
    await followFeed({ ...parameters, after, onEvent }).then(() => onBreak(undefined), onBreak);
    await pause(cli.clock, againMs, signal);
  }
}
