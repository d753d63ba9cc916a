// Polls: GetProofRequestStatus per second of one open request, 64 in flight on 8 connections, by h2load where it is installed and by
// our own generator where it is not.
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  GetProofRequestStatusRequestSchema,
  GetProofRequestStatusResponseSchema,
} from '../src/gen/network/network_pb.js';
import { type Figure, quantile } from './figures.js';
import type { Floors } from './floors.js';
import { h2load, hasH2load } from './h2load.js';
import { type LoadResult, load } from './load.js';
import type { RunningService } from './service.js';
import { type Setting, scaled } from './setting.js';

export const statusPath = '/network.ProverNetwork/GetProofRequestStatus';
const part = 'polls';
const connections = 8;
const inFlight = 8;

export async function measurePolls(
  service: RunningService,
  requestId: Uint8Array,
  floors: Floors,
  setting: Setting,
): Promise<Figure[]> {
  const message = statusMessage(requestId);
  const ours = (count: number): Promise<LoadResult> =>
    load({
      ...service,
      path: statusPath,
      messages: new Array<Uint8Array>(count).fill(message),
      connections,
      inFlight,
      onAnswer,
    });
  await ours(scaled(20_000, setting));
  setting.say('polls: measuring');
  await service.resetProbe();
  const own = await ours(scaled(60_000, setting));
  if (own.refused > 0) throw new Error(`${own.refused} polls were refused`);
  const delay = await service.readProbe();
  const calls = scaled(200_000, setting);
  const foreign = hasH2load()
    ? await h2load({ service, path: statusPath, message, calls, connections, inFlight, folder: setting.folder })
    : undefined;
  const ownRate = own.latenciesMs.length / own.seconds;
  const share = `generator ${Math.round(100 * own.generatorShare)} % of a core`;
  const aim = { least: 15_000 };
  return [
    ...(foreign === undefined
      ? [
          {
            part,
            measure: 'GetProofRequestStatus',
            value: ownRate,
            unit: '/s',
            aim,
            note: `no h2load here; our ${share}`,
          },
        ]
      : [
          { part, measure: 'GetProofRequestStatus', value: foreign, unit: '/s', aim, note: 'h2load -c 8 -m 8' },
          { part, measure: 'the same by our generator', value: ownRate, unit: '/s', note: share },
        ]),
    {
      part,
      measure: 'by our generator / the bare echo',
      value: ownRate / floors.pollsPerSecond,
      unit: '×',
      aim: { least: 0.5 },
    },
    { part, measure: 'latency p99', value: quantile(own.latenciesMs, 0.99), unit: 'ms' },
    { part, measure: 'event-loop delay p99', value: delay.p99, unit: 'ms' },
    { part, measure: 'processor time per poll', value: (1e6 * delay.cpuSeconds) / own.latenciesMs.length, unit: 'µs' },
  ];
}

export const statusMessage = (requestId: Uint8Array): Uint8Array =>
  toBinary(GetProofRequestStatusRequestSchema, create(GetProofRequestStatusRequestSchema, { requestId }));

function onAnswer(index: number, message: Buffer): void {
  // An error would have been no message; one look shows that it is the answer we think.
  if (index === 0 && fromBinary(GetProofRequestStatusResponseSchema, message).fulfillmentStatus === 0) {
    throw new Error('the polled request is unknown');
  }
}
