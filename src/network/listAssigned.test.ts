// Lists of the network that change while they are read.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { create } from '@bufbuild/protobuf';
import { type ProofRequest, ProofRequestSchema } from '../gen/network/network_pb.js';
import { type Address, bytesOf, type RequestId } from '../ids.js';
import { listAssigned } from './listAssigned.js';
import type { Upstream } from './upstream.js';

const us = 'a0'.repeat(20) as Address;
const idOf = (number: number) => number.toString(16).padStart(64, '0') as RequestId;

/** `secondOf`: when each was made. `between`: what happens between two pages. */
function listOf(length: number, secondOf: (number: number) => number, between: (all: ProofRequest[]) => void) {
  const all = Array.from({ length }, (_, number) =>
    create(ProofRequestSchema, { requestId: bytesOf(idOf(number)), createdAt: BigInt(secondOf(number)) }),
  );
  let pages = 0;
  const read = async (_: unknown, { from = 0n, page = 1 }: { from?: bigint; page?: number }) => {
    pages += 1;
    assert.ok(pages < 50, 'it reads for ever');
    const requests = all.filter(({ createdAt }) => createdAt >= from).slice((page - 1) * 100, page * 100);
    between(all);
    return { requests };
  };
  return { upstream: { read } as unknown as Pick<Upstream, 'read'>, pages: () => pages };
}

it('T46, F27: what moves up while a list is read is not missed', async () => {
  // With each page that is read the first thirty have ended.
  const { upstream } = listOf(
    450,
    (number) => 1_000 + Math.floor(number / 7),
    (all) => void all.splice(0, 30),
  );
  const found = await listAssigned(upstream, us);
  for (let number = 30 * 6; number < 450; number += 1)
    assert.ok(found.has(idOf(number)), `request ${number} is missed`);
});

it('T45: a list is read to its end, also when all of it came in one second, or is in another order', async () => {
  for (const secondOf of [() => 5, (number: number) => 1_000 - number]) {
    const { upstream, pages } = listOf(250, secondOf, () => {});
    assert.equal((await listAssigned(upstream, us)).size, 250);
    assert.ok(pages() <= 4, `${pages()} pages`);
  }
});
