// Sealed bodies that were changed on their way: the header, the frames of the request, the frames of the answer. What was changed is refused,
// at whichever end sees it, and what was not is taken.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { FailureError } from '../../src/failures/failureError.js';
import { ArtifactType } from '../../src/gen/artifact/artifact_pb.js';
import { sampleStdin } from '../../src/testkit/artifacts/sampleArtifacts.js';
import { askSealed, callSealed, type SealedAnswered } from '../../src/testkit/sealed/askSealed.js';
import { createArtifact } from '../../src/testkit/service/serviceUploads.js';
import { type ByteEdit, byteEdit, editBytes } from './byteEdits.js';
import type { Subject } from './subject.js';
import { count, type Target } from './target.js';

export interface SealedBodyInput {
  readonly of: 'upload' | 'download' | 'call';
  readonly edits: readonly ByteEdit[];
  /** Of the header, as text. */
  readonly headerEdits: readonly ByteEdit[];
  readonly answerEdits: readonly ByteEdit[];
}

const seldom = <T>(usual: T, other: fc.Arbitrary<T>, weight: number) =>
  fc.oneof({ weight, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: other });
const printable = fc.oneof(
  fc.record({ op: fc.constant('set' as const), at: fc.nat(100), value: fc.integer({ min: 33, max: 126 }) }),
  fc.record({ op: fc.constant('remove' as const), at: fc.nat(100), count: fc.nat(30) }),
  fc.record({ op: fc.constant('copy' as const), from: fc.nat(100), count: fc.nat(60), at: fc.nat(100) }),
);
const edits = (weight: number) => seldom<readonly ByteEdit[]>([], fc.array(byteEdit, { maxLength: 4 }), weight);

/** More than one frame. */
const stdin = sampleStdin(Buffer.alloc(100_000, 5));
const watched = '/grpc.health.v1.Health/Check';

export const sealedBodyTarget: Target<SealedBodyInput> = {
  name: 'sealed body',
  inputs: fc.record({
    of: fc.constantFrom('upload' as const, 'download' as const, 'call' as const),
    edits: edits(1),
    headerEdits: seldom<readonly ByteEdit[]>([], fc.array(printable, { minLength: 1, maxLength: 2 }), 5),
    answerEdits: edits(1),
  }),
  async check({ of, edits, headerEdits, answerEdits }, subject) {
    let isChanged = false;
    let isHeaderChanged = false;
    const spoil = (sealed: Buffer) => {
      const edited = editBytes(sealed, edits);
      // What no route reads is not looked at: the body of a download says nothing.
      isChanged ||= of !== 'download' && !edited.equals(sealed);
      return edited;
    };
    const spoilHeader = (header: string) => {
      const edited = editBytes(Buffer.from(header), headerEdits).toString('latin1');
      // White space around a value is none of it.
      isHeaderChanged = edited.trim() !== header;
      return edited;
    };
    const answered = await ends[of](subject, { spoil, spoilHeader });
    if (isChanged || isHeaderChanged) {
      await assertRefused(answered, isHeaderChanged);
      return count(subject, `sealed ${of}: refused`);
    }
    assert.equal(answered.status, 200);
    const body = await answered.body();
    if (of === 'download') assert.ok(body.equals(subject.fulfilled.proof));
    count(subject, `sealed ${of}: opened`);
    const raw = editBytes(answered.raw, answerEdits);
    if (raw.equals(answered.raw)) return;
    await assert.rejects(answered.body(raw), FailureError);
    count(subject, 'sealed answer: refused');
  },
};

interface Spoils {
  readonly spoil: (sealed: Buffer) => Uint8Array;
  readonly spoilHeader: (header: string) => string;
}

const ends: Record<SealedBodyInput['of'], (subject: Subject, spoils: Spoils) => Promise<SealedAnswered>> = {
  async upload(subject, spoils) {
    const { url, uri } = await createArtifact(subject.alice, ArtifactType.PRIVATE_STDIN);
    const path = url.pathname + url.search;
    const answered = await askSealed(subject.rig.url, subject.bodyKey(), { path, body: stdin, ...spoils });
    if (answered.status === 200) {
      const id = uri.slice(uri.lastIndexOf('/') + 1);
      subject.ledger.artifacts.add(id);
      subject.ledger.files.add(id);
    }
    return answered;
  },
  download: (subject, spoils) =>
    askSealed(subject.rig.url, subject.bodyKey(), { method: 'POST', path: subject.fulfilled.proofPath, ...spoils }),
  call: (subject, spoils) => callSealed(subject.rig.url, subject.bodyKey(), { path: watched, ...spoils }),
};

/** Sealed where there was a key for it, in clear else; of a call the status is in the trailers. */
async function assertRefused(answered: SealedAnswered, isHeaderChanged: boolean): Promise<void> {
  const isSealed = answered.headers['sealed-body'] !== undefined;
  // Another encapsulated key is as good as any, and the answer is sealed for it.
  if (isSealed && isHeaderChanged) return assert.rejects(answered.body(), FailureError);
  const text = String(isSealed ? await answered.body() : answered.raw);
  const status = { ...answered.headers, ...answered.trailers }['grpc-status'];
  if (status !== undefined) return assert.deepEqual([status, text], ['3', '']);
  assert.ok([400, 422].includes(answered.status), `HTTP ${answered.status}`);
  assert.match(text, /BODY_(MALFORMED|TRUNCATED|KEY_UNKNOWN)/);
}
