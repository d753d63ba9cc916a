// Calls by HTTP/1.x, as a proxy makes them of a client's HTTP/2: whatever they look like, their client reads a status.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import { startArtifactService } from '../../testkit/service/artifactService.js';

const contentTypes = [
  'application/grpc',
  'application/grpc+proto',
  'application/grpc+json',
  'application/grpc; charset=utf-8',
  'Application/GRPC+Proto',
  'application/grpc-web',
  'application/grpc-web+proto',
  'application/grpc-web-text',
  'application/grpc-web-text+proto',
];

describe('a gRPC call by HTTP/1', { timeout: 300_000 }, () => {
  let service: Awaited<ReturnType<typeof startArtifactService>>;
  before(async () => {
    service = await startArtifactService();
  });
  after(() => service.stop());

  /** All that is answered until the service closes. */
  async function heard(request: string): Promise<{ head: string; body: string }> {
    const socket = connect({ port: service.port, host: '127.0.0.1', allowHalfOpen: true });
    socket.on('error', () => undefined).write(request);
    const [head = '', body = ''] = (await text(socket)).split('\r\n\r\n');
    socket.destroy();
    return { head, body };
  }

  function assertTold(head: string): void {
    assert.match(head, /^HTTP\/1\.1 200 OK\r\n/);
    assert.match(head, /\r\ncontent-type: application\/grpc/);
    assert.match(head, /\r\ngrpc-status: 9\r\n/);
    assert.match(head, /\r\ngrpc-message: [^\r]* A proxy in between must speak HTTP\/2 to this service\.\r\n/);
  }

  for (const type of contentTypes) {
    it(`is answered with a status in words as ${type}`, async () => {
      for (const line of ['POST /network.ProverNetwork/GetNonce HTTP/1.1', 'POST /x HTTP/1.0']) {
        const { head } = await heard(`${line}\r\nhost: h\r\ncontent-type: ${type}\r\nconnection: close\r\n\r\n`);
        assertTold(head);
      }
    });
  }

  it('is answered whatever its method and path', async () => {
    for (const line of [
      'GET /health',
      'PUT /artifacts/x',
      'OPTIONS *',
      'POST http://elsewhere/x',
      'DELETE //',
      'POST /%00',
    ])
      assertTold(
        (await heard(`${line} HTTP/1.1\r\nhost: h\r\ncontent-type: application/grpc\r\nconnection: close\r\n\r\n`))
          .head,
      );
  });

  it('is answered before its message has ended, and its connection is closed', async () => {
    const socket = connect({ port: service.port, host: '127.0.0.1' });
    socket.write(
      'POST /x HTTP/1.1\r\nhost: h\r\ncontent-type: application/grpc\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n',
    );
    const first = await new Promise<Buffer>((resolve) => socket.once('data', resolve));
    assertTold(first.toString());
    assert.match(first.toString(), /\r\nconnection: close\r\n/i);
    socket.write('0\r\n\r\n');
    await text(socket);
  });

  it('has its status in a frame of the body too when it is gRPC-Web', async () => {
    const call = (type: string) =>
      heard(`POST /x HTTP/1.1\r\nhost: h\r\ncontent-type: application/${type}\r\nconnection: close\r\n\r\n`);
    const frame = Buffer.from((await call('grpc-web-text')).body, 'base64');
    assert.equal(frame[0], 0x80);
    assert.equal(frame.readUInt32BE(1), frame.byteLength - 5);
    assert.match(frame.subarray(5).toString(), /^grpc-status: 9\r\ngrpc-message: gRPC needs HTTP\/2,[^\r]*\r\n$/);
    // In bytes its first is no character, so that only what follows is looked at here.
    assert.match((await call('grpc-web+proto')).body, /grpc-status: 9\r\ngrpc-message: gRPC needs/);
    assert.equal((await call('grpc')).body, '');
  });

  it('is distinguished from a plain request', async () => {
    const { head } = await heard(
      'GET /health HTTP/1.1\r\nhost: h\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n',
    );
    assert.doesNotMatch(head, /grpc/);
  });
});
