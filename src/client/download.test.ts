// A proof's way from its URL to a file, cut and refused ones included.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Sha256, VkHash } from '../ids.js';
import { type ScriptedNetwork, startScriptedNetwork } from '../testkit/network/scriptedNetwork.js';
import { impatientClock } from '../testkit/world/impatientClock.js';
import { type Client, createClient } from './client.js';
import { ClientError } from './errors.js';

let folder: string;
let scripted: ScriptedNetwork;
const clients: Client[] = [];
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sealed-download-'));
  scripted = await startScriptedNetwork();
});
after(async () => {
  for (const client of clients) client.close();
  scripted.close();
  await rm(folder, { recursive: true });
});

function connect(): Client {
  const client = createClient({ url: scripted.url, clock: impatientClock, retryBudgetMs: 5_000 });
  clients.push(client);
  return client;
}

test('a proof is streamed to a file in the format of the SDK, also when the first transfer is cut', async () => {
  const proof = Buffer.alloc(200_000, 3);
  let transfers = 0;
  scripted.onHttp((request, response) => {
    if (request.url === '/proof') return void response.writeHead(302, { location: '/moved' }).end();
    response.writeHead(200, { 'content-length': proof.length });
    transfers += 1;
    if (transfers === 1) response.write(proof.subarray(0, 50_000), () => response.destroy());
    else response.end(proof);
  });
  const path = join(folder, 'a.proof');
  await writeFile(path, 'older');
  const downloaded = await connect().download({ proofUrl: `${scripted.url}/proof`, path });
  assert.deepEqual(downloaded, {
    path,
    sizeBytes: proof.length,
    sha256: createHash('sha256').update(proof).digest('hex'),
  });
  assert.ok(Buffer.concat([proof, Buffer.of(0)]).equals(await readFile(path)));
  assert.equal(transfers, 2);
});

test('a refused download leaves the old file and no other', async () => {
  const path = join(folder, 'b.proof');
  await writeFile(path, 'older');
  scripted.onHttp((_request, response) => response.writeHead(404).end('gone'));
  await assert.rejects(connect().download({ proofUrl: `${scripted.url}/proof`, path }), (error) => {
    assert.ok(error instanceof ClientError && error.failure.code === 'TRANSFER_REFUSED');
    assert.deepEqual([error.failure.transfer, error.failure.httpStatus], ['download', 404]);
    return true;
  });
  assert.equal(await readFile(path, 'utf8'), 'older');
  assert.ok(!(await readdir(folder)).some((name) => name.endsWith('.part')));
});

test('T38: a valid proof of something else is refused, whatever the service says, and leaves the old file', async () => {
  const path = join(folder, 'd.proof');
  const u64 = (value: number) => Buffer.from(BigUint64Array.of(BigInt(value)).buffer);
  const sized = (text: string) => Buffer.concat([u64(text.length), Buffer.from(text)]);
  const proofOf = (mode: number, values: string, program = '') =>
    Buffer.concat([Buffer.of(mode, 0, 0, 0), Buffer.from(program, 'hex'), sized(values), sized('v6.1.0')]);
  const hashOf = (values: string) => createHash('sha256').update(values).digest('hex') as Sha256;
  const teeOf = (vkHash: string, values: string) =>
    Buffer.from(
      JSON.stringify({
        signature: Array(65).fill(1),
        vk: [...Buffer.from(vkHash, 'hex')],
        public_values: [...Buffer.from(values)],
      }),
    );
  const [ours, other] = ['01000000'.repeat(8), '02000000'.repeat(8)] as [VkHash, VkHash];
  const named = (vkHash: string) => Buffer.from(vkHash, 'hex').swap32().toString('hex');
  const expected = { vkHash: ours, publicValuesHash: hashOf('mine') };
  const fetch = (proof: Buffer) => {
    scripted.onHttp((_request, response) => response.writeHead(200, { 'content-length': proof.length }).end(proof));
    return connect().download({ proofUrl: `${scripted.url}/proof`, path, expected });
  };
  for (const [what, proof, problem] of [
    ['values of another request', proofOf(0, 'of a stranger'), /public values/],
    ['another program, compressed', proofOf(1, 'mine', named(other)), /another program/],
    ['a signature over another program', teeOf(other, 'mine'), /another program/],
    ['a signature over other values', teeOf(ours, 'of a stranger'), /public values/],
  ] as const) {
    await writeFile(path, 'older');
    await assert.rejects(
      fetch(proof),
      (error) => error instanceof ClientError && error.failure.code === 'PROOF_MISMATCH' && problem.test(error.message),
      what,
    );
    assert.equal(await readFile(path, 'utf8'), 'older', what);
  }
  for (const proof of [proofOf(0, 'mine'), proofOf(1, 'mine', named(ours)), teeOf(ours, 'mine')]) await fetch(proof);
});
