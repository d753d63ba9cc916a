// A real Miden prover for others, over gRPC-Web: remote_prover.Api/Prove. It prints its port at once, and proves in this thread, so that
// it hears of nothing else meanwhile.
//
// The client sends the inputs of a transaction, and the library proves nothing but whole results. The part of a result that follows the
// inputs is taken from a transaction of the same kind with the account's id changed: it depends on the layout of 0.13.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { executeMint, loadMiden } from './miden.mjs';

const idBytes = 15;

async function prepare() {
  const miden = await loadMiden();
  const { client, result } = await executeMint(miden);
  const own = Buffer.from(result.serialize());
  const ownId = own.subarray(0, idBytes);
  // The inputs begin with the account's id, and what follows them does too.
  return { miden, client, ownId, tail: own.subarray(own.indexOf(ownId, idBytes)) };
}

function resultOf(inputs, { miden, ownId, tail }) {
  const changed = Buffer.from(tail);
  for (let at = changed.indexOf(ownId); at >= 0; at = changed.indexOf(ownId, at + idBytes))
    inputs.copy(changed, at, 0, idBytes);
  return miden.TransactionResult.deserialize(new Uint8Array(Buffer.concat([inputs, changed])));
}

/** The bytes of the one field that a message has, of this number. */
function fieldOf(message, number) {
  if (message[0] !== ((number << 3) | 2)) throw new Error('no such field');
  let [at, length, shift] = [1, 0, 0];
  for (let more = true; more; at += 1, shift += 7) {
    length += (message[at] & 0x7f) * 2 ** shift;
    more = message[at] >= 0x80;
  }
  if (at + length !== message.byteLength) throw new Error('not one field alone');
  return message.subarray(at);
}

function messageOf(number, bytes) {
  const head = [(number << 3) | 2];
  for (let rest = bytes.byteLength; ; rest >>>= 7) {
    head.push(rest > 0x7f ? (rest & 0x7f) | 0x80 : rest);
    if (rest <= 0x7f) return Buffer.concat([Buffer.from(head), bytes]);
  }
}

function frame(flag, bytes) {
  const head = Buffer.alloc(5);
  head.writeUInt8(flag);
  head.writeUInt32BE(bytes.byteLength, 1);
  return Buffer.concat([head, bytes]);
}

const server = createServer(async (request, response) => {
  const body = await buffer(request);
  if (request.url !== '/remote_prover.Api/Prove' || body.readUInt32BE(1) !== body.byteLength - 5)
    return response.writeHead(400).end();
  const inputs = fieldOf(body.subarray(5), 2);
  const prepared = await preparing;
  const prover = prepared.miden.TransactionProver.newLocalProver();
  const proven = await prepared.client.proveTransaction(resultOf(inputs, prepared), prover);
  const answer = [
    frame(0, messageOf(1, Buffer.from(proven.serialize()))),
    frame(0x80, Buffer.from('grpc-status:0\r\n')),
  ];
  response.writeHead(200, { 'content-type': 'application/grpc-web+proto' }).end(Buffer.concat(answer));
});
server.listen(0, '127.0.0.1', () => process.stdout.write(`${server.address().port}\n`));
const preparing = once(server, 'listening').then(prepare);
