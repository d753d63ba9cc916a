// Stored bytes by the one module that opens their files: in by a writer or a copy, out whole, in ranges, measured or copied.
import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { describe, it } from 'node:test';
import { FailureError } from '../failures/failureError.js';
import { sampleArtifactId } from '../testkit/sampleIds.js';
import { temporaryFolder } from '../testkit/temporaryFolder.js';
import { copyIn, copyOut } from './copyStored.js';
import { createLayout } from './layout.js';
import { measureStored, storedSize } from './measureStored.js';
import { openStored } from './openStored.js';
import { publish } from './publish.js';
import { removeStored } from './removeStored.js';
import type { StoredFile } from './storedFile.js';
import { StoredWriter } from './storedWriter.js';

const never = new AbortController().signal;

const newLayout = () => createLayout(join(temporaryFolder('stored'), 'artifacts'));

/** Written in two pieces, and published. */
async function stored(bytes: Uint8Array): Promise<StoredFile> {
  const layout = newLayout();
  const id = sampleArtifactId();
  const upload = layout.newUpload(id, 'stdin');
  const writer = new StoredWriter(upload, 'new');
  writer.append(bytes.subarray(0, 3));
  writer.append(bytes.subarray(3));
  const measured = await writer.finish();
  const final = layout.final(id, 'stdin');
  await publish(upload, final);
  return { ...final, ...measured };
}

const piecesOf = async (file: StoredFile): Promise<Buffer> => {
  const reader = await openStored(file);
  const pieces: Buffer[] = [];
  // Each is valid until the next is asked for.
  for await (const piece of reader.pieces()) pieces.push(Buffer.from(piece));
  await reader.close();
  return Buffer.concat(pieces);
};

const fails = (code: string) => (error: unknown) => error instanceof FailureError && error.failure.code === code;

describe('stored bytes', () => {
  it('come out as they went in: whole, in ranges, measured', async () => {
    const bytes = Buffer.alloc(2_500_000, 'abcdefg');
    const file = await stored(bytes);
    assert.ok((await piecesOf(file)).equals(bytes));
    assert.ok((await buffer((await openStored(file)).stream())).equals(bytes));
    const range = (await openStored(file)).stream({ start: 1_999_999, end: 2_000_003 });
    assert.deepEqual(await buffer(range), bytes.subarray(1_999_999, 2_000_004));
    assert.deepEqual(await measureStored(file), { sha256: file.sha256, sizeBytes: file.sizeBytes });
    assert.equal(await storedSize(file), bytes.length);
    assert.equal(statSync(file.path).mode & 0o777, 0o600);
  });

  it('can be read back while they are written', () => {
    const writer = new StoredWriter(newLayout().output(sampleArtifactId(), 'proof'), 'new');
    writer.append(Buffer.from('0123456789'));
    const into = Buffer.alloc(4);
    writer.read(3, into);
    assert.equal(into.toString(), '3456');
    assert.throws(() => writer.read(8, into), /shorter/);
    writer.discard();
  });

  it('are measured without a file, and leave none', async () => {
    const writer = new StoredWriter(undefined, 'new');
    writer.append(Buffer.from('abc'));
    assert.deepEqual(await writer.finish(), {
      sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
      sizeBytes: 3,
    });
  });

  it('leave nothing when they are discarded, and stay when they are finished', async () => {
    const file = newLayout().output(sampleArtifactId(), 'proof');
    const half = new StoredWriter(file, 'new');
    half.append(Buffer.from('half'));
    half.discard();
    assert.equal(existsSync(file.path), false);
    const whole = new StoredWriter(file, 'new');
    whole.append(Buffer.from('whole'));
    await whole.finish();
    whole.discard();
    assert.equal(readFileSync(file.path, 'utf8'), 'whole');
    assert.throws(() => new StoredWriter(file, 'new'), { code: 'EEXIST' });
    const again = new StoredWriter(file, 'replace');
    again.append(Buffer.from('new'));
    await again.finish();
    assert.equal(readFileSync(file.path, 'utf8'), 'new');
  });

  it('say when the disk is full', { skip: process.platform !== 'linux' }, () => {
    const file = newLayout().output(sampleArtifactId(), 'proof');
    symlinkSync('/dev/full', file.path);
    const writer = new StoredWriter(file, 'replace');
    assert.throws(() => writer.append(Buffer.alloc(10)), { code: 'ENOSPC' });
    writer.discard();
    assert.equal(existsSync(file.path), false);
  });

  it('that are gone, of another length or changed are refused before their end', async () => {
    const file = await stored(Buffer.alloc(2_500_000, 1));
    const changed = readFileSync(file.path);
    changed[0] = 2;
    writeFileSync(file.path, changed);
    let seenBytes = 0;
    const reader = await openStored(file);
    const reading = (async () => {
      for await (const piece of reader.pieces()) seenBytes += piece.length;
    })();
    await assert.rejects(reading, fails('ARTIFACT_CORRUPT'));
    await reader.close();
    assert.ok(seenBytes < file.sizeBytes);
    truncateSync(file.path, 7);
    await assert.rejects(openStored(file), fails('ARTIFACT_CORRUPT'));
    await removeStored(file);
    await removeStored(file);
    assert.equal(await storedSize(file), undefined);
    await assert.rejects(openStored(file), fails('ARTIFACT_NOT_FOUND'));
  });

  it('go to another store and come back', async () => {
    const file = await stored(Buffer.from('some bytes'));
    const { body, ...facts } = await copyOut(file);
    assert.deepEqual(facts, { sha256: file.sha256, sizeBytes: file.sizeBytes });
    const elsewhere = await buffer(body);
    const back = newLayout().newUpload(file.id, file.kind);
    await copyIn(back, Readable.from([elsewhere]), never);
    assert.deepEqual(await measureStored(back), facts);
    await assert.rejects(copyIn(back, Readable.from([elsewhere]), never), { code: 'EEXIST' });
  });

  it('are found again, with what is not ours left out', async () => {
    const layout = newLayout();
    const id = sampleArtifactId();
    const { path } = layout.final(id, 'proof');
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, 'proof');
    writeFileSync(`${path}.old`, 'not ours');
    mkdirSync(layout.final(sampleArtifactId(), 'proof').path, { recursive: true });
    const listed = [];
    for await (const each of layout.list('proof')) listed.push(each);
    assert.deepEqual(listed, [id]);
    assert.deepEqual(
      layout.find('proof').map(({ file, sizeBytes }) => ({ file, sizeBytes })),
      [{ file: layout.final(id, 'proof'), sizeBytes: 5 }],
    );
    rmSync(path);
    assert.deepEqual(layout.find('proof'), []);
  });
});
