// Requests as bytes, read back by the fake engine's decoder, and the sizes that no frame can carry.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Outcome } from '../failures/outcome.js';
import { parseSha256, type Sha256 } from '../ids.js';
import type { StoredFile } from '../storedBytes/storedFile.js';
import { decodeRequest } from '../testkit/engine/fakeEngineWire.js';
import { sampleArtifactId } from '../testkit/sampleIds.js';
import * as requests from './requests.js';

const anyHash = parseSha256('ab'.repeat(32)) as Sha256;
const fileOf = (sizeBytes: number, kind: StoredFile['kind'] = 'stdin'): StoredFile => ({
  id: sampleArtifactId(),
  kind,
  path: '/nowhere',
  sha256: anyHash,
  sizeBytes,
});

/** The frame with the given contents in place of its files, in order. */
function sent(frame: Outcome<requests.OutgoingFrame>, ...contents: Buffer[]): Buffer {
  assert.ok(frame.ok);
  const whole = Buffer.concat(
    frame.value.map((part) => (part.kind === 'bytes' ? part.bytes : (contents.shift() as Buffer))),
  );
  assert.equal(whole.length, requests.frameBytes(frame.value));
  assert.equal(whole.readUInt32LE(), whole.length - 4);
  return whole.subarray(4);
}

const elf = Buffer.from('an ELF of sorts');
const program = Buffer.concat([Buffer.from([elf.length, 0, 0, 0, 0, 0, 0, 0]), elf]);
const stdin = Buffer.from('a secret input');
const key = Buffer.alloc(32, 7);

test('setup is the variant and the untouched program artifact', () => {
  const payload = sent(requests.setupFrame(fileOf(program.length, 'program')), program);
  assert.equal(payload.toString('hex'), `00000000${program.toString('hex')}`);
});

test('prove is request 1 for sp1-gpu-server and 104 for our engine, with a zero nonce', () => {
  for (const [kind, number] of [
    ['gpu', '01000000'],
    ['cpu', '68000000'],
  ] as const) {
    const payload = sent(requests.proveFrame(kind, 'groth16', key, fileOf(stdin.length)), stdin);
    const expected = `${number}04000000${key.toString('hex')}${stdin.toString('hex')}${'00'.repeat(16)}`;
    assert.equal(payload.toString('hex'), expected);
  }
});

test('the other requests read back', () => {
  const files = { program: fileOf(program.length, 'program'), stdin: fileOf(stdin.length) };
  const limits = { cycleLimit: (2n ** 64n - 1n).toString(), gasLimit: '5000000000' };
  assert.deepEqual(decodeRequest(sent(requests.executeFrame({ ...files, ...limits }), program, stdin)), {
    kind: 'execute',
    progress: true,
    cycleLimit: 2n ** 64n - 1n,
    gasLimit: 5_000_000_000n,
    elf,
    stdin,
  });
  const vk = Buffer.alloc(104, 3);
  const verify = sent(requests.verifyFrame(vk, fileOf(stdin.length, 'proof')), stdin);
  assert.deepEqual(decodeRequest(verify), { kind: 'verify', vk, proof: stdin });
  assert.deepEqual(decodeRequest(sent(requests.destroyFrame(key))), { kind: 'destroy', key: key.toString('hex') });
  assert.deepEqual(decodeRequest(sent(requests.infoFrame())), { kind: 'info' });
  assert.deepEqual(decodeRequest(sent(requests.waitReadyFrame('compressed'))), {
    kind: 'waitReady',
    mode: 'compressed',
  });
});

test('a frame holds 4 GiB − 1 and not a byte more; the failure names the largest file and what it may be', () => {
  const limitBytes = 2 ** 32 - 1 - 21 - 1_000;
  const job = { cycleLimit: '0', gasLimit: '0', program: fileOf(1_000, 'program') };
  assert.equal(requests.executeFrame({ ...job, stdin: fileOf(limitBytes) }).ok, true);
  assert.deepEqual(requests.executeFrame({ ...job, stdin: fileOf(limitBytes + 1) }), {
    ok: false,
    failure: { code: 'ARTIFACT_TOO_LARGE', retry: 'permanent', kind: 'stdin', limitBytes },
  });
});
