// Waits that are held on real connections: they are entries in a list, and nothing else.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { it } from 'node:test';
import { exampleRequest, startTeeService } from '../../testkit/service/teeService.js';

const waits = 1_000;
/** More at once than a listener keeps in line would be tried again after a second. */
const batch = 100;

it('T44: a thousand on real connections cost no thread, calls go on beside them, and those whose client leaves are forgotten', async (t) => {
  const { url, world, post, until, work } = await startTeeService(t);
  const { ends } = world.assembly;
  const { text: id } = await post('/request_proof', exampleRequest());
  const threads = () => readdirSync('/proc/self/task').length;
  const threadsBefore = threads();
  const held: Socket[] = [];
  t.after(() => {
    for (const socket of held) socket.destroy();
  });
  while (held.length < waits) {
    for (let each = 0; each < batch; each += 1) held.push(waitOn(Number(new URL(url).port), id));
    await until(() => ends.waiting === held.length);
  }
  assert.ok(threads() - threadsBefore < 10, `${threads() - threadsBefore} threads more`);
  // The loop is free for others.
  assert.equal((await post('/wait_proof', 'nonsense')).status, 404);

  const staying = held.slice(waits / 2);
  for (const socket of held.slice(0, waits / 2)) socket.destroy();
  await until(() => ends.waiting === staying.length);

  const answers = staying.map(textOf);
  await work();
  const proof = (await post('/wait_proof', id)).text;
  for (const answer of await Promise.all(answers)) {
    assert.match(answer, /^HTTP\/1\.1 200 /);
    assert.ok(answer.endsWith(`\r\n\r\n${proof}`));
  }
  assert.equal(ends.waiting, 0);
});

function waitOn(port: number, id: string): Socket {
  const socket = connect(port, '127.0.0.1');
  // One that is destroyed while the service writes to it.
  socket.on('error', () => {});
  socket.write(
    `POST /wait_proof HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: ${id.length}\r\n\r\n${id}`,
  );
  return socket;
}

async function textOf(socket: Socket): Promise<string> {
  let text = '';
  for await (const piece of socket as AsyncIterable<Buffer>) text += piece.toString('latin1');
  return text;
}
