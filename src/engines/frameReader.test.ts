// The codec against an independent encoder: whatever is sent, in whatever pieces, decodes to the same answers or to `broken`.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { encodeAnswer } from '../testkit/engine/fakeEngineWire.js';
import { progressStages } from './answers.js';
import { encodeU32 } from './bincode.js';
import { type FrameEvent, FrameReader } from './frameReader.js';
import { type ProgressStage, proofModes, wrappedModes } from './jobs.js';

const limits = { proofBytes: 4_000, otherBytes: 2_000 };

/** Adjacent proof pieces are one: how a proof is cut is not part of what is said. */
function read(reader: FrameReader, chunks: readonly Uint8Array[]): unknown[] {
  const events: unknown[] = [];
  let proof: Buffer | undefined;
  for (const chunk of chunks) {
    for (const event of reader.push(chunk)) {
      if (event.kind === 'proofStart') proof = Buffer.alloc(0);
      if (event.kind === 'proofPiece') proof = Buffer.concat([proof ?? Buffer.alloc(0), event.bytes]);
      else if (event.kind === 'proofEnd') events.push({ ...event, proof: proof?.toString('hex') });
      else events.push(plain(event));
    }
  }
  return events;
}

const plain = (event: FrameEvent) =>
  event.kind === 'answer' && event.answer.kind === 'executed'
    ? { ...event, answer: { ...event.answer, publicValues: Buffer.from(event.answer.publicValues).toString('hex') } }
    : event;

const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const count = fc.nat();
const bytes = fc.uint8Array({ maxLength: 200 });
const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 });
const text = fc.string({ maxLength: 40 });

/** A frame, and the event that it must come out as. */
const said = fc.oneof(
  fc.constant({ frame: encodeAnswer.ok(), event: { kind: 'answer', answer: { kind: 'ok' } } }),
  fc.tuple(bytes32, fc.uint8Array({ minLength: 104, maxLength: 104 })).map(([key, vk]) => ({
    frame: encodeAnswer.setup(key, vk),
    event: { kind: 'answer', answer: { kind: 'setup', key: hex(key), vk: hex(vk) } },
  })),
  fc.uint8Array({ maxLength: 3_000 }).map((file) => ({
    frame: encodeAnswer.proof(file),
    event: { kind: 'proofEnd', proof: hex(file) },
    before: { kind: 'proofStart', sizeBytes: file.length },
  })),
  fc
    .record(
      { cause: fc.nat(9), exitCode: fc.nat(255), cycles: u64, gas: u64, publicValues: bytes },
      { noNullPrototype: true },
    )
    .map((execution) => {
      const publicValuesHash = createHash('sha256').update(execution.publicValues).digest();
      const { cycles, gas, publicValues } = execution;
      const answer = {
        ...execution,
        kind: 'executed',
        cycles: cycles.toString(),
        gas: gas.toString(),
        publicValues: hex(publicValues),
        publicValuesHash: hex(publicValuesHash),
        text: 'why',
      };
      return {
        frame: encodeAnswer.executed({ ...execution, publicValuesHash, text: 'why' }),
        event: { kind: 'answer', answer },
      };
    }),
  fc.tuple(fc.boolean(), fc.constantFrom(...proofModes), bytes32).map(([ok, mode, hash]) => ({
    frame: encodeAnswer.verified(ok, mode, hash, 'why'),
    event: { kind: 'answer', answer: { kind: 'verified', ok, mode, publicValuesHash: hex(hash), text: 'why' } },
  })),
  fc
    .record(
      { stage: fc.constantFrom<ProgressStage>(...progressStages), done: count, total: count, cycles: count },
      { noNullPrototype: true },
    )
    .map((progress) => ({
      frame: encodeAnswer.progress(progress),
      event: { kind: 'answer', answer: { kind: 'progress', progress } },
    })),
  fc
    .record(
      {
        crateVersion: fc.constant('6.10.0'),
        circuitVersion: fc.constant('v6.1.0'),
        role: fc.constantFrom('execute' as const, 'prove' as const),
        cores: fc.nat(512),
        memoryTotalBytes: fc.maxSafeNat(),
        memoryAvailableBytes: fc.maxSafeNat(),
        prover: fc.constantFrom('none' as const, 'loading' as const, 'ready' as const),
        wrapCircuits: fc.subarray([...wrappedModes]),
      },
      { noNullPrototype: true },
    )
    .map((info) => ({ frame: encodeAnswer.info(info), event: { kind: 'answer', answer: { kind: 'info', info } } })),
);

const hex = (from: Uint8Array) => Buffer.from(from).toString('hex');

/** Cuts bytes at arbitrary places, including none and every one. */
const cut = (whole: Buffer, places: readonly number[]) => {
  const at = [...new Set(places.map((place) => place % (whole.length + 1)))].sort((a, b) => a - b);
  return [0, ...at].map((start, i) => whole.subarray(start, at[i] ?? whole.length));
};

test('any sequence of answers, cut anywhere, is read back', () => {
  fc.assert(
    fc.property(fc.array(said, { maxLength: 8 }), fc.array(fc.nat(), { maxLength: 60 }), (saying, places) => {
      const reader = new FrameReader(limits);
      const whole = Buffer.concat(saying.map(({ frame }) => frame));
      const expected = saying.flatMap<unknown>((each) => ('before' in each ? [each.before, each.event] : [each.event]));
      assert.deepEqual(read(reader, cut(whole, places)), expected);
      assert.equal(reader.idle, true);
    }),
  );
});

test('byte by byte is read like all at once', () => {
  fc.assert(
    fc.property(fc.array(said, { maxLength: 3 }), (saying) => {
      const whole = Buffer.concat(saying.map(({ frame }) => frame));
      const single = Array.from(whole, (_, i) => whole.subarray(i, i + 1));
      assert.deepEqual(read(new FrameReader(limits), single), read(new FrameReader(limits), [whole]));
    }),
  );
});

test('arbitrary bytes never throw, cut anywhere, and nothing follows the first break', () => {
  // Lengths and variants that exist are rare in noise. Most frames here begin like real ones.
  const noise = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc
      .tuple(fc.nat(40), fc.constantFrom(0, 1, 2, 3, 5, 100, 101, 102, 110, 111, 999), fc.uint8Array({ maxLength: 60 }))
      .map(([length, variant, rest]) => Buffer.concat([encodeU32(length, variant), rest])),
  );
  fc.assert(
    fc.property(fc.array(noise, { maxLength: 4 }), fc.array(fc.nat(), { maxLength: 20 }), (parts, places) => {
      const whole = Buffer.concat(parts);
      const events = read(new FrameReader(limits), cut(whole, places)) as FrameEvent[];
      const broken = events.findIndex((event) => event.kind === 'broken');
      assert.ok(broken === -1 || broken === events.length - 1);
      assert.deepEqual(read(new FrameReader(limits), [whole]), events);
    }),
  );
});

test('an answer cut short leaves the reader within a frame and says nothing', () => {
  fc.assert(
    fc.property(said, fc.nat(), (each, place) => {
      const reader = new FrameReader(limits);
      const part = each.frame.subarray(0, 1 + (place % (each.frame.length - 1)));
      const events = read(reader, [part]);
      assert.ok(!events.some((event) => (event as FrameEvent).kind !== 'proofStart'));
      assert.equal(reader.idle, false);
    }),
  );
});

const brokenBy = (frame: Uint8Array) => read(new FrameReader(limits), [frame]);

test('what the protocol does not have is named', () => {
  const frameOf = (...payload: Buffer[]) => {
    const whole = Buffer.concat(payload);
    return Buffer.concat([encodeU32(whole.length), whole]);
  };
  const longText = Buffer.concat([encodeU32(100, 0), Buffer.from('short')]);
  const cases: [Uint8Array, string][] = [
    [encodeU32(3), 'announced a frame of 3 bytes'],
    [encodeU32(2_001, 100), 'announced 2001 bytes for answer 100, of at most 2000'],
    [encodeU32(4_001, 2), 'announced 4001 bytes for answer 2, of at most 4000'],
    [encodeU32(2 ** 32 - 1, 2), 'announced 4294967295 bytes for answer 2, of at most 4000'],
    [frameOf(encodeU32(77)), 'answer 77: unknown answer'],
    [frameOf(encodeU32(0), Buffer.from([0])), 'answer 0: bytes follow the last field'],
    [frameOf(encodeU32(1), Buffer.alloc(135)), 'answer 1: verifying key is cut short'],
    [frameOf(encodeU32(3), longText), 'answer 3: text is cut short'],
    [frameOf(encodeU32(3), encodeU32(0xffffffff, 0xffffffff)), 'answer 3: text is too large'],
    [frameOf(encodeU32(101), Buffer.from([2])), 'answer 101: ok is not a bool'],
    [frameOf(encodeU32(110, 8), Buffer.alloc(24)), 'answer 110: unknown progress stage'],
  ];
  for (const [frame, problem] of cases) assert.deepEqual(brokenBy(frame), [{ kind: 'broken', problem }]);
});

test("an engine's text becomes one short line", () => {
  const line = (foreign: string) => {
    const [event] = brokenBy(encodeAnswer.proverError(foreign)) as [FrameEvent];
    assert.ok(event.kind === 'answer' && event.answer.kind === 'proverError');
    return event.answer.text;
  };
  assert.equal(line('thread panicked:\n\n\tout of \u001b[31mmemory\u202e\u0000'), 'thread panicked: out of [31mmemory');
  assert.equal(line('x'.repeat(1_900)).length, 500);
  fc.assert(
    fc.property(text, (foreign) => {
      assert.doesNotMatch(line(foreign), /[\p{Cc}\p{Cf}]/u);
    }),
  );
});
