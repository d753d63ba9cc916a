// Whose requests come to us, as it is remembered: only the first call of a requester waits for the network.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { create, toBinary } from '@bufbuild/protobuf';
import { ProverNetwork } from '../gen/network/network_pb.js';
import { type Address, bytesOf } from '../ids.js';
import { SimulatedClock } from '../testkit/world/simulatedClock.js';
import { createReservations } from './reservations.js';
import { readsBy, type UpstreamAnswer } from './upstream.js';

const us = 'a1'.repeat(20) as Address;
const other = 'b2'.repeat(20) as Address;
const requester = 'c3'.repeat(20) as Address;

function answerWith(fulfiller: Address): UpstreamAnswer {
  const { output } = ProverNetwork.method.getFilteredReservations;
  return { ok: true, bytes: toBinary(output, create(output, { reservations: [{ fulfiller: bytesOf(fulfiller) }] })) };
}

it('4.3: a reservation for us holds while it is asked for anew, and one for another is asked for before it refuses', async () => {
  const clock = new SimulatedClock();
  const asked: ((answer: UpstreamAnswer) => void)[] = [];
  const forward = () => new Promise<UpstreamAnswer>((resolve) => void asked.push(resolve));
  const reservationOf = createReservations({ upstream: { read: readsBy({ forward, clock }) }, clock, owner: () => us });
  const settled = () => new Promise((resolve) => setImmediate(resolve));

  const first = reservationOf(requester);
  asked[0]?.(answerWith(us));
  assert.equal(await first, 'ours');
  await clock.advance(59_000);
  assert.equal(await reservationOf(requester), 'ours');
  assert.equal(asked.length, 1);

  await clock.advance(1_000);
  assert.equal(await reservationOf(requester), 'ours');
  assert.equal(await reservationOf(requester), 'ours');
  assert.equal(asked.length, 2, 'one question for two calls, which do not wait for it');
  asked[1]?.(answerWith(other));
  await settled();
  assert.deepEqual(await reservationOf(requester), { other });

  await clock.advance(60_000);
  const again = reservationOf(requester);
  asked[2]?.(answerWith(us));
  assert.equal(await again, 'ours');

  await clock.advance(600_000);
  const old = reservationOf(requester);
  assert.equal(asked.length, 4);
  asked[3]?.(answerWith(other));
  assert.deepEqual(await old, { other }, 'nothing of ten minutes ago is believed');
});
