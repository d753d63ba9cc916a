// Polls: GetProofRequestStatus per second of one open request, 64 in flight on 8 connections, by h2load where it is installed and by
// our own generator where it is not.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  GetProofRequestStatusRequestSchema,
  GetProofRequestStatusResponseSchema,
} from '../src/gen/network/network_pb.js';
import { type Figure, quantile } from './figures.js';
import { type LoadResult, load } from './load.js';
import { runAside } from './runAside.js';
import type { RunningService } from './service.js';
import { type Setting, scaled } from './setting.js';

const path = '/network.ProverNetwork/GetProofRequestStatus';
const part = 'polls';
const connections = 8;
const inFlight = 8;

export async function measurePolls(
  service: RunningService,
  requestId: Uint8Array,
  setting: Setting,
): Promise<Figure[]> {
  const message = toBinary(
    GetProofRequestStatusRequestSchema,
    create(GetProofRequestStatusRequestSchema, { requestId }),
  );
  const ours = (count: number): Promise<LoadResult> =>
    load({ ...service, path, messages: new Array<Uint8Array>(count).fill(message), connections, inFlight, onAnswer });
  await ours(scaled(20_000, setting));
  setting.say('polls: measuring');
  await service.resetProbe();
  const own = await ours(scaled(60_000, setting));
  if (own.refused > 0) throw new Error(`${own.refused} polls were refused`);
  const delay = await service.readProbe();
  const foreign = await h2load(service, message, setting);
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
    { part, measure: 'latency p99', value: quantile(own.latenciesMs, 0.99), unit: 'ms' },
    { part, measure: 'event-loop delay p99', value: delay.p99, unit: 'ms' },
    { part, measure: 'processor time per poll', value: (1e6 * delay.cpuSeconds) / own.latenciesMs.length, unit: 'µs' },
  ];
}

function onAnswer(index: number, message: Buffer): void {
  // An error would have been no message; one look shows that it is the answer we think.
  if (index === 0 && fromBinary(GetProofRequestStatusResponseSchema, message).fulfillmentStatus === 0) {
    throw new Error('the polled request is unknown');
  }
}

/** Answers per second; undefined when there is no h2load. */
async function h2load(service: RunningService, message: Uint8Array, setting: Setting): Promise<number | undefined> {
  if (spawnSync('h2load', ['--version']).error !== undefined) return undefined;
  const body = join(setting.folder, 'poll.grpc');
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.byteLength, 1);
  writeFileSync(body, Buffer.concat([prefix, message]));
  const count = scaled(200_000, setting);
  const headers = ['-H', 'content-type: application/grpc', '-H', 'te: trailers'];
  const counts = ['-n', `${count}`, '-c', `${connections}`, '-m', `${inFlight}`];
  const output = await runAside('h2load', [...counts, '-d', body, ...headers, `${service.url}${path}`]);
  const rate = Number(/finished in [^,]+, ([\d.]+) req\/s/.exec(output)?.[1]);
  if (!output.includes(`${count} succeeded`)) throw new Error(`h2load: ${output}`);
  return rate;
}
