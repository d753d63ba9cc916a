// Uploads and proofs over HTTP, as the stock SDK sends and fetches them: checks 7 and 8 of the wire, against a running service.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { ClientError } from '../../src/client/errors.js';
import { holdingClock } from '../../src/clock.js';
import { ArtifactType } from '../../src/gen/artifact/artifact_pb.js';
import { sampleStdin } from '../../src/testkit/artifacts/sampleArtifacts.js';
import {
  createRequester,
  deadlineIn,
  expectedProof,
  type RequestBody,
  type ServiceRequester,
  stdinOf,
} from '../../src/testkit/service/serviceRequests.js';
import { createServiceRig, type ServiceProcess, type ServiceRig } from '../../src/testkit/service/serviceRig.js';
import { createArtifact, download, put } from '../../src/testkit/service/serviceUploads.js';
import { bomb, stdinFrames } from '../../src/testkit/zstd/frames.js';
import { unpack } from '../../src/testkit/zstd/unpack.js';

const limitBytes = 2 * 1024 * 1024;
/** What the engine says of proofs in an input that it cannot read (engine/src/stdin.rs). */
const malformedProofs = 'The input is not one complete SP1Stdin.';

const stdins = {
  /** The engine never ends with it. */
  endless: stdinOf('endless'),
  /** One proof is announced, and noise follows. */
  proofs: Buffer.concat([stdinOf('proofs').subarray(0, -8), Buffer.of(1, 0, 0, 0, 0, 0, 0, 0), Buffer.alloc(500, 7)]),
};
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

describe('artifacts', { timeout: 600_000 }, () => {
  let rig: ServiceRig;
  let service: ServiceProcess;
  let requester: ServiceRequester;
  let journal: string;

  before(async () => {
    const limit = String(limitBytes);
    rig = await createServiceRig({ flags: { 'max-stdin-size': limit, 'execute-lanes': '2' } });
    journal = join(rig.folder, 'journal');
    rig.changeScript({
      journalPath: journal,
      rules: [
        { on: 'execute', stdinSha256: sha256(stdins.endless), act: { kind: 'hang' } },
        { on: 'execute', stdinSha256: sha256(stdins.proofs), act: { kind: 'failure', code: 3, text: malformedProofs } },
      ],
    });
    service = await rig.serve();
    requester = createRequester(rig.url, { clock: holdingClock });
    await requester.register();
  });
  after(async () => {
    requester.close();
    const unexpected = service.lines.filter(({ event }) => event === 'rpc.failed' || event === 'http.failed');
    assert.equal(await service.stop(), 0, service.child.signalCode ?? 'no signal');
    await rig.end();
    assert.deepEqual(unexpected, [], 'something was not expected');
  });

  const inputs = () =>
    readdirSync(join(rig.data, 'artifacts', 'stdin'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name }) => name);
  const idOf = (uri: string) => uri.slice(-64);
  const newStdin = () => createArtifact(requester, ArtifactType.STDIN);

  /** Uploads, asks, and waits for the proof of it. */
  async function proven(body: Uint8Array, changes: RequestBody = {}) {
    const { uri, url } = await newStdin();
    assert.equal(await put(url, body), '200');
    const requestId = await requester.ask(uri, changes);
    const { proofUrl } = await requester.client.waitProof(requestId);
    return { uri, url, requestId, proofUrl };
  }

  describe('check 7', () => {
    it('rule 4: PUT raw (SDK 5): the bytes are the input', async () => {
      const stdin = stdinOf('raw');
      const { proofUrl } = await proven(stdin);
      assert.ok((await download(proofUrl)).body.equals(expectedProof(stdin)));
    });

    it('rule 4: PUT zstd (SDK 6): the unpacked bytes are the input', async () => {
      for (const { bytes } of stdinFrames) {
        const { proofUrl } = await proven(bytes);
        assert.ok((await download(proofUrl)).body.equals(expectedProof(await unpack(bytes))));
      }
    });

    it('PUT twice: the same bytes are taken again, packed or not, and others are refused', async () => {
      const [{ bytes }] = stdinFrames;
      const { url } = await newStdin();
      for (const body of [bytes, bytes, await unpack(bytes)]) assert.equal(await put(url, body), '200');
      assert.equal(await put(url, stdinOf('other')), '409 ARTIFACT_CONFLICT');
    });

    it('PUT oversize: refused for good, whether the length is announced or not', async () => {
      const body = sampleStdin(Buffer.alloc(limitBytes));
      const { url } = await newStdin();
      assert.equal(await put(url, body), '413 ARTIFACT_TOO_LARGE');
      assert.equal(await put(url, body, { 'transfer-encoding': 'chunked' }), '413 ARTIFACT_TOO_LARGE');
    });

    it('PUT zip bomb: 2 KB that unpack to 64 MiB are refused, and nothing of them is kept', async () => {
      const { uri, url } = await newStdin();
      assert.match(await put(url, bomb.bytes), /^4(13|22) /);
      assert.ok(!inputs().includes(idOf(uri)));
    });

    it('PUT wrong owner: an address that did not create an artifact can neither fill nor use it', async () => {
      const other = createRequester(rig.url, { clock: holdingClock, keyByte: 2 });
      const { uri, url } = await newStdin();
      const forged = new URL(url);
      forged.searchParams.set('owner', other.address);
      assert.equal(await put(forged, stdinOf('owned')), '403 ARTIFACT_FORBIDDEN');
      assert.equal(await put(url, stdinOf('owned')), '200');
      await assert.rejects(other.ask(uri), (error) => {
        assert.ok(error instanceof ClientError && error.failure.code === 'REFUSED');
        assert.equal(error.failure.status, 'PERMISSION_DENIED');
        return true;
      });
      other.close();
    });

    it('PUT after use: while the request runs its input stays what it is', async () => {
      const { uri, url } = await newStdin();
      assert.equal(await put(url, stdins.endless), '200');
      await requester.ask(uri);
      assert.equal(await put(url, stdins.endless), '200');
      assert.equal(await put(url, stdinOf('other')), '409 ARTIFACT_CONFLICT');
      assert.ok(inputs().includes(idOf(uri)));
    });

    it('PUT after use: when the request has ended nothing brings its input back', async () => {
      const stdin = stdinOf('used');
      const terms = { deadline: deadlineIn(holdingClock, 3_600_000) };
      const { uri, url, requestId } = await proven(stdin, terms);
      const alsoAtOnce = await Promise.all([stdin, stdin, stdin].map((body) => put(url, body)));
      assert.deepEqual(alsoAtOnce, ['200', '200', '200']);
      assert.equal(await put(url, stdinOf('other')), '409 ARTIFACT_CONFLICT');
      // It goes right after the end that the client has seen.
      while (inputs().includes(idOf(uri))) await holdingClock.turn();
      assert.equal(await requester.ask(uri, terms), requestId);
      await service.until(({ event, text }) => event === 'artifact.spent' && text.includes(idOf(uri)));
    });

    it('PUT with proofs inside: what the engine cannot read of them ends the request, once and with its cause', async () => {
      const requestId = await requester.submit(stdins.proofs);
      await assert.rejects(requester.client.waitProof(requestId), (error) => {
        assert.ok(error instanceof ClientError && error.failure.code === 'UNFULFILLABLE');
        assert.match(error.message, /The stdin cannot be read: The input is not one complete SP1Stdin\./);
        return true;
      });
      const tries = readFileSync(journal, 'utf8').split('\n');
      assert.equal(tries.filter((line) => line.includes(sha256(stdins.proofs))).length, 1);
    });
  });

  describe('check 8', () => {
    let url: string;
    const stdin = stdinOf('downloaded');
    const proof = expectedProof(stdin);

    it('rule 7: GET of a proof right after FULFILLED: HTTP/1.1, no authorisation, raw bincode of the announced length', async () => {
      ({ proofUrl: url } = await proven(stdin));
      const answer = await download(url);
      assert.deepEqual([answer.status, answer.httpVersion], [200, '1.1']);
      assert.equal(answer.headers['content-length'], String(proof.byteLength));
      assert.equal(answer.headers['content-encoding'], undefined);
      assert.equal(answer.headers['transfer-encoding'], undefined);
      assert.ok(answer.body.equals(proof));
    });

    it('HEAD gives the length and sends no body', async () => {
      const answer = await download(url, {}, 'HEAD');
      assert.deepEqual([answer.status, answer.body.byteLength], [200, 0]);
      assert.equal(answer.headers['content-length'], String(proof.byteLength));
    });

    it('GET with a range resumes, and says when it cannot', async () => {
      const ranges: Array<[string, number, number]> = [
        ['bytes=0-99', 0, 100],
        [`bytes=${proof.byteLength - 7}-`, proof.byteLength - 7, proof.byteLength],
        ['bytes=-5', proof.byteLength - 5, proof.byteLength],
      ];
      for (const [range, start, end] of ranges) {
        const answer = await download(url, { range });
        assert.equal(answer.status, 206, range);
        assert.equal(answer.headers['content-length'], String(end - start));
        assert.equal(answer.headers['content-range'], `bytes ${start}-${end - 1}/${proof.byteLength}`);
        assert.ok(answer.body.equals(proof.subarray(start, end)));
      }
      assert.equal((await download(url, { range: `bytes=${proof.byteLength}-` })).status, 416);
    });

    it('GET answers the same after a restart', async () => {
      await service.kill();
      service = await rig.serve();
      assert.ok((await download(url)).body.equals(proof));
    });
  });
});
