// Uploads of valid bodies that were spoiled, by URLs that allow them or were spoiled too, over HTTP/1.1 and HTTP/2.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { ArtifactType } from '../../src/gen/artifact/artifact_pb.js';
import { type ArtifactId, parseArtifactId } from '../../src/ids.js';
import { createLayout } from '../../src/storedBytes/layout.js';
import { createArtifact } from '../../src/testkit/service/serviceUploads.js';
import { type ByteEdit, byteEdit, editBytes } from './byteEdits.js';
import { verifyHttp1 } from './http1.verdict.js';
import { type Answer, isRefusedByClient } from './http2Call.js';
import { filesOf } from './ledger.js';
import { converse } from './rawConnection.js';
import { headersOf, type Subject } from './subject.js';
import { count, type Target } from './target.js';
import { type BodyName, bodies, bodyNames } from './uploads.bodies.js';

export interface UploadInput {
  readonly body: BodyName;
  readonly edits: readonly ByteEdit[];
  /** What the URL was asked for; a body of the other kind is none. */
  readonly kind: 'program' | 'stdin';
  readonly protocol: 'http1' | 'http2';
  /** How the length of the body is told; a number is added to the right one. */
  readonly length: 'right' | 'chunked' | number;
  readonly pieceBytes: number;
  /** Of path and query of the URL, as text. */
  readonly urlEdits: readonly ByteEdit[];
}

const mostly = <T>(usual: T, other: fc.Arbitrary<T>, weight = 5) =>
  fc.oneof({ weight, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: other });
const printable = fc.oneof(
  fc.record({ op: fc.constant('set' as const), at: fc.nat(400), value: fc.integer({ min: 33, max: 126 }) }),
  fc.record({ op: fc.constant('remove' as const), at: fc.nat(400), count: fc.nat(30) }),
  fc.record({ op: fc.constant('copy' as const), from: fc.nat(400), count: fc.nat(60), at: fc.nat(400) }),
);

export const uploadsTarget: Target<UploadInput> = {
  name: 'uploads',
  inputs: fc
    .record({
      body: fc.constantFrom(...bodyNames),
      edits: fc.array(byteEdit, { maxLength: 4 }),
      isOfItsKind: mostly(true, fc.constant(false), 12),
      protocol: fc.constantFrom('http1' as const, 'http2' as const),
      length: mostly<UploadInput['length']>(
        'right',
        fc.oneof(fc.constant('chunked' as const), fc.integer({ min: -50, max: 50 }), fc.constant(2 ** 40)),
        3,
      ),
      pieceBytes: mostly(2 ** 20, fc.integer({ min: 1, max: 100_000 }), 1),
      urlEdits: mostly<readonly ByteEdit[]>([], fc.array(printable, { minLength: 1, maxLength: 2 }), 8),
    })
    .map(
      ({ isOfItsKind, ...rest }): UploadInput => ({
        ...rest,
        kind: rest.body.startsWith('program') === isOfItsKind ? 'program' : 'stdin',
      }),
    ),
  async check(input, subject) {
    const type = input.kind === 'program' ? ArtifactType.PROGRAM : ArtifactType.PRIVATE_STDIN;
    const { url } = await createArtifact(subject.alice, type);
    const path = editBytes(Buffer.from(url.pathname + url.search), input.urlEdits).toString();
    const id = parseArtifactId(url.pathname.slice('/artifacts/'.length)) as ArtifactId;
    const body = editBytes(bodies[input.body], input.edits);
    const answer = await send(input, path, body, subject);
    count(subject, `uploads: ${input.kind} ${answer?.status ?? 'not answered'}`);
    verify(input, { id, answer, isAllowed: path === url.pathname + url.search, body }, subject);
  },
};

/** Undefined when the request could not be one. */
async function send(
  input: UploadInput,
  path: string,
  body: Buffer,
  subject: Subject,
): Promise<Pick<Answer, 'status' | 'body'> | undefined> {
  const pieces = piecesOf(body, input.pieceBytes);
  const announced = typeof input.length === 'number' ? Math.max(0, body.byteLength + input.length) : body.byteLength;
  if (input.protocol === 'http2') {
    const { te: _, 'content-type': __, ...good } = headersOf(subject, path);
    const headers = {
      ...good,
      ':method': 'PUT',
      ...(input.length !== 'chunked' && { 'content-length': `${announced}` }),
    };
    return subject.caller.call({ headers, pieces, ending: 'end' }).catch(notSent);
  }
  const isChunked = input.length === 'chunked';
  const length = isChunked ? 'transfer-encoding: chunked' : `content-length: ${announced}`;
  const head = Buffer.from(`PUT ${path} HTTP/1.1\r\nhost: h\r\nconnection: close\r\n${length}\r\n\r\n`);
  const sent = isChunked ? [...pieces.map(chunkOf), Buffer.from('0\r\n\r\n')] : pieces;
  // Only who sends less than it has announced ends first; the others hear their answer, and the end of it.
  const isShort = announced > body.byteLength && !isChunked;
  const conversation = { pieces: [head, ...sent], ending: isShort ? 'fin' : 'hear', pause: subject.pause } as const;
  const heard = await converse(subject.rig.port, conversation);
  const answers = verifyHttp1(heard, true, subject.fulfilled.proof);
  // What follows a body that was announced too short is another request, and is refused as one.
  return answers[0];
}

function notSent(error: unknown): Answer | undefined {
  if (isRefusedByClient(error)) return undefined;
  throw error;
}

const chunkOf = (piece: Buffer) =>
  Buffer.concat([Buffer.from(`${piece.byteLength.toString(16)}\r\n`), piece, Buffer.from('\r\n')]);

/** At most fifty. */
function piecesOf(body: Buffer, pieceBytes: number): Buffer[] {
  const size = Math.max(pieceBytes, Math.ceil(body.byteLength / 50));
  return Array.from({ length: Math.ceil(body.byteLength / size) }, (_, i) => body.subarray(i * size, (i + 1) * size));
}

interface Outcome {
  readonly id: ArtifactId;
  readonly answer: Awaited<ReturnType<typeof send>>;
  readonly isAllowed: boolean;
  readonly body: Buffer;
}

function verify({ kind, length }: UploadInput, { id, answer, isAllowed, body }: Outcome, subject: Subject): void {
  const layout = createLayout(join(subject.rig.data, 'artifacts'));
  const status = answer?.status;
  // Whole bodies are judged once and for all: only what broke off may be sent again.
  const isWhole = length === 'right' || length === 'chunked';
  if (isAllowed && status === 200) {
    const { sha256 } = JSON.parse(`${answer?.body}`) as { sha256: ArtifactId };
    // Equal programs are one file.
    const file = kind === 'program' ? sha256 : id;
    subject.ledger.artifacts.add(id);
    subject.ledger.files.add(file);
    assert.ok(existsSync(layout.final(file, kind).path), 'HTTP 200, and it is not stored');
    assert.equal(digestOf(readFileSync(layout.final(file, kind).path)), sha256);
    if (isWhole && body.readUInt32LE() !== zstdMagic) assert.equal(sha256, digestOf(body));
  }
  const found = filesOfSuch(kind, id, subject.rig.data, layout.final(id, kind).path);
  const unknown = found.filter((name) => !subject.ledger.files.has(name));
  assert.deepEqual(unknown, [], `HTTP ${status}, and it is stored`);
  // Who breaks off has not waited for this; in the end all of it is looked at again.
  if (isWhole)
    assert.ok(!readdirSync(layout.scratchFolder).some((name) => name.startsWith(id)), 'a part of it is left');
  if (!isAllowed || status === undefined) return;
  assert.ok([200, 413, 422, ...(isWhole ? [] : [408])].includes(status), `HTTP ${status}`);
}

/** Of inputs there are too many to look at them all each time: one could lie under its id only. */
function filesOfSuch(kind: UploadInput['kind'], id: ArtifactId, data: string, path: string): readonly string[] {
  if (kind === 'program') return filesOf(data, kind);
  return existsSync(path) ? [id] : [];
}

const zstdMagic = 0xfd2fb528;
const digestOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
