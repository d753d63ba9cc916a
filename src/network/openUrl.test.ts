// Which URLs of strangers are opened, and what is made of their answers.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import { httpsUrlOf, openUrl, UrlError } from './openUrl.js';

const { signal } = new AbortController();
const hosts = ['s3.us-east-2.amazonaws.com'];

describe('URLs of strangers', () => {
  let asked = 0;
  const server = createServer((request, response) => {
    asked += 1;
    if (request.url === '/moved') response.writeHead(302, { location: '/there' }).end();
    else if (request.url === '/down') response.writeHead(503).end();
    else response.end('there');
  });
  let origin = '';
  before(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(() => server.close());

  it('T36: are opened on hosts that are listed, by https, and nowhere else', async () => {
    for (const url of [
      'http://bucket.s3.us-east-2.amazonaws.com/key',
      'https://evil.example.org/key',
      'https://s3.us-east-2.amazonaws.com.example.org/key',
      'https://evils3.us-east-2.amazonaws.com/key',
      'https://user:pass@s3.us-east-2.amazonaws.com/key',
      'https://169.254.169.254/latest/meta-data',
      'file:///etc/passwd',
      `${origin}/there`,
      'nothing',
      '',
    ])
      assert.throws(
        () => openUrl(url, { hosts, signal }),
        (error) => error instanceof UrlError && !error.mayPass,
        url,
      );
    assert.equal(asked, 0);
  });

  it('T36: are not followed elsewhere, and a store that is down is asked again', async () => {
    const there = { hosts: ['127.0.0.1'], signal };
    const { body, sizeBytes } = await openUrl(`${origin}/there`, there);
    assert.equal((await buffer(body)).toString(), 'there');
    assert.equal(sizeBytes, 5);
    const before = asked;
    await assert.rejects(openUrl(`${origin}/moved`, there), { message: /HTTP 302/, mayPass: false });
    await assert.rejects(openUrl(`${origin}/down`, there), { message: /HTTP 503/, mayPass: true });
    assert.equal(asked, before + 2);
  });

  it('are of S3 where the network names its bucket', () => {
    assert.equal(httpsUrlOf('s3://spn/programs/a_1', hosts), 'https://spn.s3.us-east-2.amazonaws.com/programs/a_1');
    assert.equal(httpsUrlOf('s3://spn/programs/a_1', ['example.org']), 's3://spn/programs/a_1');
    assert.equal(httpsUrlOf('https://example.org/x', hosts), 'https://example.org/x');
  });
});
