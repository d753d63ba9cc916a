// Bytes that are no request, behind requests that are: the answers come whole and in their order.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import { sampleStdin } from '../../testkit/artifacts/sampleArtifacts.js';
import { startArtifactService } from '../../testkit/service/artifactService.js';

describe('an HTTP/1.1 connection', { timeout: 300_000 }, () => {
  let service: Awaited<ReturnType<typeof startArtifactService>>;
  before(async () => {
    service = await startArtifactService();
  });
  after(() => service.stop());

  /** Statuses in the order in which they come, until the service closes; `100` among them. */
  async function statusesOf(bytes: string | Uint8Array, isOver = false): Promise<string[]> {
    const socket = connect({ port: service.port, host: '127.0.0.1', allowHalfOpen: true });
    socket.on('error', () => undefined).write(bytes, () => isOver && socket.end());
    const heard = await text(socket);
    socket.destroy();
    return heard.split(/(?=HTTP\/1\.1 \d{3} )/).map((answer) => {
      const [head = '', body = ''] = answer.split('\r\n\r\n');
      const announced = /content-length: (\d+)/.exec(head)?.[1];
      if (announced !== undefined) assert.equal(Buffer.byteLength(body), Number(announced), 'an answer is in pieces');
      return head.slice(9, 12);
    });
  }
  const put = (length: number) =>
    `PUT ${service.capability().path} HTTP/1.1\r\nhost: h\r\ncontent-length: ${length}\r\n\r\n`;

  it('that goes on with garbage gets the answer that is under way, then a refusal', async () => {
    const stdin = sampleStdin(Buffer.alloc(500));
    const bytes = Buffer.concat([Buffer.from(put(stdin.byteLength)), stdin, Buffer.from('garbage\r\n\r\n')]);
    assert.deepEqual(await statusesOf(bytes), ['200', '400']);
    assert.deepEqual(await statusesOf(`GET /health HTTP/1.1\r\nhost: h\r\n\r\nnonsense\r\n\r\n`), ['200', '400']);
  });

  it('whose own body is broken is refused for that', async () => {
    const chunked = put(0).replace('content-length: 0', 'transfer-encoding: chunked');
    assert.deepEqual(await statusesOf(`${chunked}5\r\nhello\r\nxyz\r\n`), ['400']);
  });

  it('that ends before an upload is whole gets a status after which it sends it again', async () => {
    assert.deepEqual(await statusesOf(`${put(500)}half`, true), ['408']);
  });

  it('gets 100 Continue only where that is not in the middle of an answer', async () => {
    const expecting = 'GET /health HTTP/1.1\r\nhost: h\r\nexpect: 100-continue\r\n';
    assert.deepEqual(await statusesOf(`${expecting}connection: close\r\n\r\n`), ['100', '200']);
    const both = `GET /nothing HTTP/1.1\r\nhost: h\r\n\r\n${expecting}connection: close\r\n\r\n`;
    assert.deepEqual(await statusesOf(both), ['404', '200']);
  });
});
