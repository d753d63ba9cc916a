// The routes over a real port, store and folder: what clients send, and what they send to do harm.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { connect } from 'node:net';
import { PassThrough } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import { fail } from '../../failures/fail.js';
import type { ArtifactId, Sha256 } from '../../ids.js';
import { sampleProgram, sampleStdin } from '../../testkit/artifacts/sampleArtifacts.js';
import { sampleArtifactId } from '../../testkit/sampleIds.js';
import { sampleOwner, startArtifactService } from '../../testkit/service/artifactService.js';
import { SimulatedClock } from '../../testkit/world/simulatedClock.js';
import { stdinFrames } from '../../testkit/zstd/frames.js';

type Service = Awaited<ReturnType<typeof startArtifactService>>;
const codeOf = (body: string) => (JSON.parse(body) as { error: { code: string } }).error.code;
const stdin = sampleStdin(Buffer.alloc(300_000, 5));

describe('HTTP', () => {
  let service: Service;
  before(async () => {
    service = await startArtifactService();
  });
  after(() => service.stop());

  describe('PUT of an artifact', () => {
    it('stores and records raw and zstd bodies, and answers the same again', async () => {
      const [frame] = stdinFrames;
      for (const body of [stdin, frame.bytes]) {
        const { id, path } = service.capability();
        const first = await service.send('PUT', path, body);
        assert.equal(first.status, 200, first.text);
        const record = service.catalog.lookup(id);
        assert.equal(record?.owner, sampleOwner);
        assert.equal((JSON.parse(first.text) as { sha256: string }).sha256, record?.sha256);
        assert.equal((await service.send('PUT', path, body)).text, first.text);
      }
    });

    it('takes a body of unknown length', async () => {
      const { id, path } = service.capability('program');
      const body = new PassThrough();
      body.end(sampleProgram());
      assert.equal((await service.send('PUT', path, body)).status, 200);
      assert.equal(service.catalog.lookup(id)?.kind, 'program');
    });

    it('keeps the connection for the next request', async () => {
      const socket = connect(service.port, '127.0.0.1');
      const { path } = service.capability();
      const head = `PUT ${path} HTTP/1.1\r\nhost: h\r\ncontent-length: ${stdin.byteLength}\r\n\r\n`;
      socket.write(
        Buffer.concat([
          Buffer.from(head),
          stdin,
          Buffer.from('GET /health HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n'),
        ]),
      );
      const answers = await text(socket);
      assert.deepEqual(answers.match(/HTTP\/1.1 \d+/g), ['HTTP/1.1 200', 'HTTP/1.1 200']);
    });

    it('says why it refuses, with a status that the SDK does not retry', async () => {
      const good = service.capability();
      await service.send('PUT', good.path, stdin);
      const cases: [path: string, body: Uint8Array, status: number, code: string][] = [
        [service.capability().path.replace('kind=stdin', 'kind=program'), stdin, 403, 'ARTIFACT_FORBIDDEN'],
        [`/artifacts/${sampleArtifactId()}`, stdin, 403, 'ARTIFACT_FORBIDDEN'],
        [good.path, sampleStdin(), 409, 'ARTIFACT_CONFLICT'],
        [service.capability().path, sampleProgram(), 422, 'ARTIFACT_MALFORMED'],
        [service.capability().path, Buffer.alloc(0), 422, 'ARTIFACT_MALFORMED'],
        [service.capability().path, sampleStdin(Buffer.alloc(4_000_000)), 413, 'ARTIFACT_TOO_LARGE'],
        [service.capability().path, sampleStdin(Buffer.alloc(9_000_000)), 413, 'ARTIFACT_TOO_LARGE'],
      ];
      for (const [path, body, status, code] of cases) {
        const reply = await service.send('PUT', path, body);
        assert.deepEqual([reply.status, codeOf(reply.text)], [status, code], reply.text);
      }
      assert.deepEqual(await service.unfinished(), []);
    });

    it('answers 504, which the SDK retries, while it takes nothing in', async () => {
      for (const failure of [fail('STARTING'), fail('DRAINING')]) {
        service.state.refusal = failure;
        const reply = await service.send('PUT', service.capability().path, stdin);
        assert.deepEqual([reply.status, codeOf(reply.text)], [504, failure.code]);
      }
      service.state.refusal = undefined;
    });

    it('lets the client read its refusal while it still sends', async () => {
      const outgoing = request({
        port: service.port,
        method: 'PUT',
        path: `/artifacts/${sampleArtifactId()}`,
        agent: false,
      });
      outgoing.on('error', () => undefined);
      outgoing.write(Buffer.alloc(100_000));
      const [response] = await once(outgoing, 'response');
      assert.equal(response.statusCode, 403);
      assert.equal(codeOf(await text(response)), 'ARTIFACT_FORBIDDEN');
      assert.equal(response.headers.connection, 'close');
      outgoing.end(Buffer.alloc(100_000));
      await once(outgoing, 'close');
    });

    it('forgets an upload whose client goes away, and takes it again', async () => {
      const { id, path } = service.capability();
      const outgoing = request({
        port: service.port,
        method: 'PUT',
        path,
        headers: { 'content-length': stdin.byteLength },
        agent: false,
      });
      outgoing.on('error', () => undefined);
      outgoing.write(stdin.subarray(0, 200_000));
      while ((await service.unfinished()).length === 0) await new Promise(setImmediate);
      outgoing.destroy();
      while ((await service.unfinished()).length > 0) await new Promise(setImmediate);
      assert.equal(service.catalog.lookup(id), undefined);
      assert.equal((await service.send('PUT', path, stdin)).status, 200);
    });
  });

  describe('GET of a proof', () => {
    const proof = Buffer.from('0123456789'.repeat(1000));
    const sha256 = createHash('sha256').update(proof).digest('hex') as Sha256;
    let id: ArtifactId;
    let path: string;

    before(async () => {
      id = await service.storeProof(proof);
      path = `/artifacts/${id}`;
    });

    it('is raw, whole, without any authorisation', async () => {
      const reply = await service.send('GET', path);
      assert.equal(reply.status, 200);
      assert.equal(reply.headers['content-length'], '10000');
      assert.equal(reply.headers['content-type'], 'application/octet-stream');
      assert.equal(reply.headers['content-encoding'], undefined);
      assert.equal(reply.text, proof.toString());
    });

    it('has a head without a body', async () => {
      const reply = await service.send('HEAD', path);
      assert.deepEqual([reply.status, reply.headers['content-length'], reply.text], [200, '10000', '']);
    });

    it('can be resumed', async () => {
      const cases: [range: string, status: number, contentRange: string | undefined, body: string][] = [
        ['bytes=10-14', 206, 'bytes 10-14/10000', '01234'],
        ['bytes=9995-', 206, 'bytes 9995-9999/10000', '56789'],
        ['bytes=-3', 206, 'bytes 9997-9999/10000', '789'],
        ['bytes=9998-20000', 206, 'bytes 9998-9999/10000', '89'],
        ['bytes=10000-', 416, 'bytes */10000', ''],
        ['bytes=-0', 416, 'bytes */10000', ''],
        ['bytes=5-1', 200, undefined, proof.toString()],
        ['bytes=0-1,3-4', 200, undefined, proof.toString()],
        ['lines=1-2', 200, undefined, proof.toString()],
      ];
      for (const [range, status, contentRange, body] of cases) {
        const reply = await service.send('GET', path, undefined, { range });
        assert.deepEqual(
          [reply.status, reply.headers['content-range'], reply.text],
          [status, contentRange, body],
          range,
        );
      }
      const changed = await service.send('GET', path, undefined, { range: 'bytes=0-0', 'if-range': '"other"' });
      assert.equal(changed.status, 200);
      const same = await service.send('GET', path, undefined, { range: 'bytes=0-0', 'if-range': `"${sha256}"` });
      assert.equal(same.status, 206);
    });

    it('is not found before it is visible, and no input ever is', async () => {
      const input = service.capability();
      await service.send('PUT', input.path, stdin);
      service.state.visible = (asked) => asked !== id;
      for (const target of [path, `/artifacts/${input.id}`, input.path, `/artifacts/${sampleArtifactId()}`]) {
        const reply = await service.send('GET', target);
        assert.deepEqual([reply.status, codeOf(reply.text)], [404, 'ARTIFACT_NOT_FOUND']);
      }
      service.state.visible = () => true;
    });

    it('says so when its file is lost or damaged', async () => {
      const lost = sampleArtifactId();
      await service.store.write((tx) =>
        tx.put('artifacts', [lost], {
          kind: 'proof',
          owner: sampleOwner,
          private: false,
          sha256,
          sizeBytes: 9,
          storedAt: 0,
          references: ['r'],
        }),
      );
      assert.equal((await service.send('GET', `/artifacts/${lost}`)).status, 404);
      await writeFile(service.backend.output(lost, 'proof').path, 'too short');
      const place = { kind: 'proof', private: false } as const;
      await service.backend.adopt(lost, place, { sha256, sizeBytes: 9 });
      const { signal } = new AbortController();
      const { file } = await service.backend.localFile({ id: lost, sha256, sizeBytes: 9 }, place, signal);
      await writeFile(file.path, 'short');
      assert.equal((await service.send('GET', `/artifacts/${lost}`)).status, 500);
    });
  });

  describe('the rest', () => {
    it('is health, without any authorisation', async () => {
      const healthy = await service.send('GET', '/health');
      assert.deepEqual([healthy.status, JSON.parse(healthy.text)], [200, { serving: true, lanes: 1 }]);
      service.state.serving = false;
      assert.equal((await service.send('GET', '/health')).status, 503);
      assert.equal((await service.send('HEAD', '/health')).text, '');
      service.state.serving = true;
    });

    it('keeps the connection', async () => {
      const socket = connect(service.port, '127.0.0.1');
      const get = 'GET /health HTTP/1.1\r\nhost: h\r\n';
      socket.write(`${get}\r\n${get}connection: close\r\n\r\n`);
      assert.equal((await text(socket)).match(/HTTP\/1.1 200/g)?.length, 2);
    });

    it('is not found', async () => {
      const id = sampleArtifactId();
      for (const [method, path] of [
        ['GET', '/'],
        ['GET', '/artifacts/'],
        ['GET', `/artifacts/${id}/`],
        ['GET', `/artifacts/${id.toUpperCase()}`],
        ['GET', '/artifacts/../../etc/passwd'],
        ['DELETE', `/artifacts/${id}`],
        ['POST', '/health'],
      ] as const) {
        const reply = await service.send(method, path);
        assert.deepEqual([reply.status, codeOf(reply.text)], [404, 'NOT_FOUND'], `${method} ${path}`);
      }
    });

    it('refuses what cannot be read, and what is too long', async () => {
      const cases = [
        ['NONSENSE\r\n\r\n', '400'],
        [`GET /${'a'.repeat(3000)} HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n`, '400'],
        [`GET /health HTTP/1.1\r\nhost: h\r\nx: ${'a'.repeat(10_000)}\r\n\r\n`, '431'],
        ['GET http://[ HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n', '400'],
        ['PUT / HTTP/1.1\r\nhost: h\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n', '400'],
      ] as const;
      for (const [bytes, status] of cases) {
        const socket = connect({ port: service.port, host: '127.0.0.1', allowHalfOpen: true });
        socket.write(bytes);
        assert.match((await buffer(socket)).toString(), new RegExp(`^HTTP/1.1 ${status} `), bytes.slice(0, 40));
        socket.destroy();
      }
    });
  });
});

describe('a client that falls asleep', () => {
  it('is refused after a window without progress, and its upload is forgotten', async (t) => {
    const clock = new SimulatedClock();
    const service = await startArtifactService({ clock });
    t.after(() => service.stop());
    const { id, path } = service.capability();
    const socket = connect(service.port, '127.0.0.1');
    socket.write(`PUT ${path} HTTP/1.1\r\nhost: h\r\ncontent-length: ${stdin.byteLength}\r\n\r\n`);
    socket.write(stdin.subarray(0, 100_000));
    while ((await service.unfinished()).length === 0) await new Promise(setImmediate);
    // The first window is always given, the second sees ten bytes.
    await clock.advance(30_000);
    socket.write(stdin.subarray(100_000, 100_010));
    assert.equal((await service.unfinished()).length, 1);
    const replied = once(socket, 'data');
    await clock.advance(30_000);
    const reply = String(await replied);
    assert.match(reply, /^HTTP\/1.1 408 /);
    assert.equal(codeOf(reply.slice(reply.indexOf('{'))), 'ARTIFACT_INCOMPLETE');
    assert.deepEqual(await service.unfinished(), []);
    assert.equal(service.catalog.lookup(id), undefined);
    // The client does not close by itself: it is cut off when it has had time to read its answer.
    assert.equal(socket.readableEnded, false);
    const closed = once(socket, 'close');
    await clock.advance(5_000);
    await closed;
  });

  it('gets the whole of its proof when it reads on within minutes', async (t) => {
    const clock = new SimulatedClock();
    const service = await startArtifactService({ clock });
    t.after(() => service.stop());
    // More than the buffers of both ends hold.
    const proof = Buffer.alloc(40 * 1024 * 1024, 7);
    const id = await service.storeProof(proof);
    const socket = connect(service.port, '127.0.0.1');
    socket.write(`GET /artifacts/${id} HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n`);
    let received = 0;
    let wanted = 1024;
    socket.on('data', (chunk: Buffer) => {
      received += chunk.byteLength;
      if (received >= wanted) socket.pause();
    });
    const closed = once(socket, 'close');
    while (wanted < proof.byteLength) {
      while (!socket.isPaused() && !socket.destroyed) await new Promise(setImmediate);
      await clock.advance(4 * 60_000);
      wanted += 12 * 1024 * 1024;
      socket.resume();
    }
    await closed;
    assert.ok(received > proof.byteLength, `only ${received} bytes`);
  });
});
