// The messages of every method: arbitrary bytes, and valid messages spoiled inside and outside of what is signed.
import assert from 'node:assert/strict';
import { fromBinary } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { code } from '../../src/transport/grpc/code.js';
import { framed } from '../../src/transport/grpc/message.js';
import { circumstancesOf, noteProgram, noteRequest } from './messages.circumstances.js';
import { applyEdits, type MessageEdit, messageEdit } from './messages.edits.js';
import { type Call, calls, messageOf } from './messages.samples.js';
import { headersOf, type Subject } from './subject.js';
import { count, type Target } from './target.js';
import { judge, maxCallBytes, nameOf } from './verdict.js';

export interface MessageInput {
  /** By its name in `calls`. */
  readonly call: string;
  /** All of the message; then nothing else matters. */
  readonly hex?: string;
  readonly signer: 'alice' | 'mallory';
  /** Which request is named where one is. */
  readonly request: 'fulfilled' | 'open';
  /** Of the signed part, before it is signed. */
  readonly inside: readonly MessageEdit[];
  /** Of the whole message. */
  readonly outside: readonly MessageEdit[];
}

const names = calls.map(({ name }) => name);
/** Most of what can go wrong is behind these. */
const signedNames = calls
  .filter(({ input }) => input.fields.some(({ name }) => name === 'body'))
  .map(({ name }) => name);
const seldom = <T>(usual: T, other: T) =>
  fc.oneof({ weight: 5, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: fc.constant(other) });
const edits = fc.array(messageEdit, { maxLength: 3 });

const garbage: fc.Arbitrary<MessageInput> = fc.record({
  call: fc.constantFrom(...names),
  hex: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes).toString('hex')),
  signer: fc.constant('alice' as const),
  request: fc.constant('fulfilled' as const),
  inside: fc.constant([]),
  outside: fc.constant([]),
});
const spoiled: fc.Arbitrary<MessageInput> = fc.record({
  call: fc.oneof(fc.constantFrom(...names), fc.constantFrom(...signedNames)),
  signer: seldom<MessageInput['signer']>('alice', 'mallory'),
  request: seldom<MessageInput['request']>('fulfilled', 'open'),
  inside: edits,
  outside: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, { weight: 2, arbitrary: edits }),
});

const prefixBytes = 5;

export const messagesTarget: Target<MessageInput> = {
  name: 'messages',
  inputs: fc.oneof({ weight: 1, arbitrary: garbage }, { weight: 5, arbitrary: spoiled }),
  async check(input, subject) {
    const call = calls.find(({ name }) => name === input.call);
    assert.ok(call !== undefined, `there is no call ${input.call}`);
    const message = await messageIn(input, call, subject);
    const headers = headersOf(subject, call.path);
    const answer = await subject.caller.call({ headers, pieces: [framed(message)], ending: 'end' });
    const status = judge(answer, message.byteLength > maxCallBytes ? [code.resourceExhausted] : []);
    count(subject, `${input.call}: ${nameOf(status)}`);
    if (status === code.ok) await remember(call, answer.body.subarray(prefixBytes), subject);
    else assert.equal(answer.body.byteLength, 0);
  },
};

async function messageIn(input: MessageInput, call: Call, subject: Subject): Promise<Uint8Array> {
  if (input.hex !== undefined) return Buffer.from(input.hex, 'hex');
  const circumstances = await circumstancesOf(subject, input.request);
  const spoil = (bytes: Uint8Array) => applyEdits(bytes, input.inside);
  return applyEdits(messageOf(call.input, circumstances, input.signer, spoil), input.outside);
}

/** What the service has said to have done; in the end it must have done that and nothing else. */
async function remember({ output, path }: Call, message: Uint8Array, subject: Subject): Promise<void> {
  if (path.endsWith('/CreateProgram')) return noteProgram(subject);
  if (!path.endsWith('/RequestProof')) return;
  const { txHash, body } = fromBinary(output, message) as unknown as {
    txHash: Uint8Array;
    body: { requestId: Uint8Array };
  };
  // Other lengths crash the SDK (reference: sp1-sdk network/client.rs).
  assert.equal(txHash.byteLength, 32);
  assert.equal(body.requestId.byteLength, 32);
  await noteRequest(subject, body.requestId);
}
