// Succinct's GPU prover as far as its fulfiller sees it: Twirp, protobuf of one field. It proves nothing: it answers what was recorded of a
// real one, or a digest of what it was asked.
import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { answerJson, type Exchange } from '../../../transport/http/exchange.js';
import type { Route } from '../../../transport/http/routes.js';

const proving = ['Setup', 'ProveCore', 'ProveCoreStateless', 'Compress', 'Shrink', 'Wrap'];

export interface StubProver {
  readonly routes: readonly Route[];
  /** In the order in which they came. */
  readonly calls: readonly string[];
}

/** `recorded`: by method. */
export function createStubProver(recorded: Readonly<Record<string, Uint8Array>> = {}): StubProver {
  const calls: string[] = [];
  async function answer(exchange: Exchange, method: string): Promise<void> {
    calls.push(method);
    const data = fieldOf(await buffer(exchange.body));
    if (method === 'Ready') return send(exchange, new BinaryWriter().tag(1, WireType.Varint).bool(true).finish());
    if (!proving.includes(method))
      return answerJson(exchange, 404, { code: 'bad_route', msg: `no handler for ${method}` });
    const result = recorded[method] ?? createHash('sha256').update(method).update(data).digest();
    return send(exchange, new BinaryWriter().tag(1, WireType.LengthDelimited).bytes(result).finish());
  }
  return { calls, routes: [{ methods: ['POST'], path: /^\/twirp\/api\.ProverService\/([A-Za-z]+)$/, answer }] };
}

const send = (exchange: Exchange, body: Uint8Array): Promise<void> =>
  exchange.answer({
    status: 200,
    headers: { 'content-type': 'application/protobuf', 'content-length': body.byteLength },
    body,
  });

/** Field 1, whatever else there is. */
function fieldOf(message: Uint8Array): Uint8Array {
  const reader = new BinaryReader(message);
  let data = new Uint8Array();
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field === 1 && wireType === WireType.LengthDelimited) data = new Uint8Array(reader.bytes());
    else reader.skip(wireType, field);
  }
  return data;
}
