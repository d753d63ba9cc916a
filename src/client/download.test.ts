// A proof's way from its URL to a file, cut and refused ones included.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { impatientClock } from '../testkit/impatientClock.js';
import { type ScriptedNetwork, startScriptedNetwork } from '../testkit/scriptedNetwork.js';
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
