import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { it } from 'node:test';
import { freePort } from './freePort.js';

it('no port is given twice, and one that is taken is passed over', async (t) => {
  const [first, second] = [await freePort(), await freePort()];
  assert.notEqual(first, second);
  const server = createServer().listen(second + 1, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  assert.equal(await freePort(), second + 2);
});

it('none is one that the system gives to a socket which names none', {
  skip: process.platform !== 'linux',
}, async () => {
  const range = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8');
  const [from = 0] = range.split(/\s+/).map(Number);
  assert.ok((await freePort()) < from, range);
});
