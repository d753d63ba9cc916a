// Uploads that are too large, cut short, not what they say, or made to explode, against a running service with small limits.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { holdingClock } from '../../src/clock.js';
import { ArtifactType } from '../../src/gen/artifact/artifact_pb.js';
import { sampleProgram, sampleStdin, u64 } from '../../src/testkit/artifacts/sampleArtifacts.js';
import { sampleArtifactId } from '../../src/testkit/sampleIds.js';
import { assertNothingInternal } from '../../src/testkit/service/serviceCalls.js';
import { createRequester, type ServiceRequester, stdinOf } from '../../src/testkit/service/serviceRequests.js';
import { createServiceRig, type ServiceProcess, type ServiceRig } from '../../src/testkit/service/serviceRig.js';
import { createArtifact, download, put } from '../../src/testkit/service/serviceUploads.js';
import { bomb, stdinFrames } from '../../src/testkit/zstd/frames.js';

const limitBytes = 2 * 1024 * 1024;

describe('hostile uploads', { timeout: 600_000 }, () => {
  let rig: ServiceRig;
  let service: ServiceProcess;
  let requester: ServiceRequester;

  before(async () => {
    const limit = String(limitBytes);
    rig = await createServiceRig({ flags: { 'max-stdin-size': limit, 'max-program-size': limit } });
    service = await rig.serve();
    requester = createRequester(rig.url, { clock: holdingClock });
  });
  after(async () => {
    requester.close();
    const unexpected = service.lines.filter(({ event }) => event === 'rpc.failed' || event === 'http.failed');
    assert.equal(await service.stop(), 0);
    await rig.end();
    assert.deepEqual(unexpected, [], 'something was not expected');
  });

  const urlFor = async (type: ArtifactType) => (await createArtifact(requester, type)).url;
  const putNew = async (type: ArtifactType, body: Uint8Array, headers?: Record<string, string | number>) =>
    put(await urlFor(type), body, headers);

  const filesOf = (kind: string) =>
    readdirSync(join(rig.data, 'artifacts', kind), { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    );

  /** Nobody is told when the bytes of who has left are gone. */
  async function scratchEmpty(): Promise<void> {
    const looksUntil = holdingClock.steady() + 60_000;
    for (let files = filesOf('scratch'); files.length > 0; files = filesOf('scratch')) {
      assert.ok(holdingClock.steady() < looksUntil, `${files.length} files stay`);
      await holdingClock.turn();
    }
  }

  it('of programs that are none are refused', async () => {
    const program = sampleProgram(500);
    const otherClass = Buffer.from(program);
    otherClass[12] = 3;
    const noEnd = Buffer.from(program);
    noEnd.writeUInt16LE(200, 8 + 56);
    const otherMachine = Buffer.from(program);
    otherMachine.writeUInt16LE(62, 8 + 18);
    const cases: Record<string, Uint8Array> = {
      empty: Buffer.alloc(0),
      'length only': u64(0),
      'no length': program.subarray(8),
      'cut in the header': program.subarray(0, 40),
      'cut at the end': program.subarray(0, -1),
      'one byte more': Buffer.concat([program, Buffer.alloc(1)]),
      'a length of 2^63': Buffer.concat([u64(2n ** 63n), program.subarray(8)]),
      'not an ELF': Buffer.concat([u64(500), randomBytes(500)]),
      'of no known class': otherClass,
      'with headers behind its end': noEnd,
      'of another machine': otherMachine,
    };
    for (const [name, bytes] of Object.entries(cases)) {
      assert.equal(await putNew(ArtifactType.PROGRAM, bytes), '422 ARTIFACT_MALFORMED', name);
    }
    assert.equal(await putNew(ArtifactType.PROGRAM, program), '200');
  });

  it('of inputs that do not parse are refused', async () => {
    const stdin = sampleStdin(Buffer.from('input'));
    const cases: Record<string, Uint8Array> = {
      empty: Buffer.alloc(0),
      'cut short': stdin.subarray(0, -1),
      'one byte more': Buffer.concat([stdin, Buffer.alloc(1)]),
      '2^64 − 1 buffers': Buffer.concat([u64(2n ** 64n - 1n), stdin]),
      'a buffer of 2^63 bytes': Buffer.concat([u64(1), u64(2n ** 63n), Buffer.alloc(100)]),
      noise: randomBytes(10_000),
      'a cut zstd frame': stdinFrames[0].bytes.subarray(0, 1_000),
      'a frame with noise in it': Buffer.concat([stdinFrames[0].bytes.subarray(0, 2_000), randomBytes(2_000)]),
    };
    for (const [name, bytes] of Object.entries(cases)) {
      assert.equal(await putNew(ArtifactType.PRIVATE_STDIN, bytes), '422 ARTIFACT_MALFORMED', name);
    }
    for (const frame of stdinFrames) assert.equal(await putNew(ArtifactType.PRIVATE_STDIN, frame.bytes), '200');
  });

  it('that are too large are refused, announced or not, packed or not', async () => {
    const large = sampleStdin(Buffer.alloc(limitBytes));
    assert.equal(await putNew(ArtifactType.STDIN, large), '413 ARTIFACT_TOO_LARGE');
    assert.equal(await putNew(ArtifactType.STDIN, large, { 'transfer-encoding': 'chunked' }), '413 ARTIFACT_TOO_LARGE');
    // Zeros stop making sense long before they stop: it is not unpacked any further than that.
    assert.equal(await putNew(ArtifactType.STDIN, bomb.bytes), '422 ARTIFACT_MALFORMED');
    assert.match(await putNew(ArtifactType.PROGRAM, bomb.bytes), /^4(13|22) /);
    assert.equal(
      await putNew(ArtifactType.STDIN, Buffer.alloc(100), { 'content-length': 2 ** 50 }),
      '413 ARTIFACT_TOO_LARGE',
    );
    assert.deepEqual(filesOf('scratch'), []);
  });

  it('with URLs that were tampered with are refused', async () => {
    const url = await urlFor(ArtifactType.PRIVATE_STDIN);
    const body = stdinOf('for another id');
    const otherId = new URL(url.href.replace(/[0-9a-f]{64}/, sampleArtifactId()));
    assert.equal(await put(otherId, body), '403 ARTIFACT_FORBIDDEN');
    for (const name of url.searchParams.keys()) {
      const without = new URL(url);
      without.searchParams.delete(name);
      assert.equal(await put(without, body), '403 ARTIFACT_FORBIDDEN', name);
      const changed = new URL(url);
      const value = url.searchParams.get(name) ?? '';
      changed.searchParams.set(
        name,
        value.replace(/.$/, (last) => (last === '1' ? '2' : '1')),
      );
      assert.equal(await put(changed, body), '403 ARTIFACT_FORBIDDEN', name);
    }
    assert.equal(await put(url, body), '200');
  });

  it('of other bytes under the same URL are refused, of the same ones are not', async () => {
    const url = await urlFor(ArtifactType.PRIVATE_STDIN);
    const [first, other] = [stdinOf('first'), stdinOf('other')];
    assert.equal(await put(url, first), '200');
    assert.equal(await put(url, other), '409 ARTIFACT_CONFLICT');
    assert.deepEqual(new Set(await Promise.all([first, first, first].map((body) => put(url, body)))), new Set(['200']));
  });

  it('cannot be read back by anybody', async () => {
    const url = await urlFor(ArtifactType.PRIVATE_STDIN);
    assert.equal(await put(url, stdinOf('secret')), '200');
    for (const path of [
      url.pathname,
      `${url.pathname}${url.search}`,
      `${url.pathname}/../..`,
      '/artifacts/../store/data.mdb',
      `/${'%2e%2e%2f'.repeat(8)}etc/passwd`,
    ]) {
      const { status, body } = await download(rig.url, {}, 'GET', path);
      assert.equal(status, 404, path);
      assertNothingInternal(body.toString());
      assert.doesNotMatch(body.toString(), /secret/);
    }
  });

  it('that break off leave nothing behind', async () => {
    const before = filesOf('stdin').length;
    const sockets = await Promise.all(
      Array.from({ length: 8 }, async () => {
        const { pathname, search } = await urlFor(ArtifactType.PRIVATE_STDIN);
        const socket = connect(rig.port, '127.0.0.1').on('error', () => undefined);
        socket.write(
          `PUT ${pathname}${search} HTTP/1.1\r\nhost: h\r\ncontent-length: 5000\r\nexpect: 100-continue\r\n\r\n`,
        );
        return socket;
      }),
    );
    // Only so many are received at once, whichever they are; the others wait, and give up waiting.
    await Promise.race(sockets.map((socket) => once(socket, 'data')));
    for (const socket of sockets) socket.write(Buffer.alloc(1_000), () => socket.resetAndDestroy());
    // Uploads go on as before: every slot was given back.
    const later = await Promise.all(
      Array.from({ length: 8 }, (_, i) => putNew(ArtifactType.PRIVATE_STDIN, stdinOf(`later ${i}`))),
    );
    assert.deepEqual(new Set(later), new Set(['200']));
    assert.equal(filesOf('stdin').length, before + 8);
    await scratchEmpty();
  });
});
