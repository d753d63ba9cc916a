// Connections that fail for a reason that a person can mend: real servers where one can be had, the words of the layers below otherwise.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer as createHttp1 } from 'node:http';
import { createSecureServer, createServer } from 'node:http2';
import type { AddressInfo, Server } from 'node:net';
import { test } from 'node:test';
import { certificateOf } from '../testkit/testCertificates.js';
import { createClient } from './client.js';
import { ClientError } from './errors.js';
import { unreachable } from './unreachable.js';

const ofMessage = (url: string, detail: string) => unreachable(new URL(url), detail, undefined).message;

/** What a client with this URL ends with, without waiting for better times. */
async function messageAt(url: string): Promise<string> {
  const client = createClient({ url, retryBudgetMs: 0, privateKey: '11'.repeat(32) });
  try {
    await client.nonce();
    return 'it worked';
  } catch (error) {
    assert.ok(error instanceof ClientError);
    return error.message;
  } finally {
    client.close();
  }
}

async function servedBy(server: Server, scheme: string): Promise<string> {
  server.on('sessionError', () => {}).on('tlsClientError', () => {});
  await once(server.listen(0, 'localhost'), 'listening');
  try {
    return await messageAt(`${scheme}://localhost:${(server.address() as AddressInfo).port}`);
  } finally {
    server.close();
  }
}

test('a name that does not resolve is called so', { timeout: 60_000 }, async () => {
  const expected =
    'The name no.such.invalid of http://no.such.invalid:8080 does not resolve. Check how it is spelt, and that this machine can ask its DNS.';
  assert.equal(await messageAt('http://no.such.invalid:8080'), expected);
  assert.equal(ofMessage('http://no.such.invalid:8080', 'getaddrinfo EAI_AGAIN no.such.invalid'), expected);
});

test('a certificate that this machine does not trust is the reason at once, and the way to trust it is named', async () => {
  const startedAt = performance.now();
  const { port, close } = await listening();
  const client = createClient({ url: `https://localhost:${port}`, privateKey: '11'.repeat(32) });
  await assert.rejects(
    client.nonce(),
    /is of an authority that this machine does not know.*NODE_EXTRA_CA_CERTS=ca\.pem$/,
  );
  client.close();
  close();
  // Not after the two minutes for which a service that is away is asked again.
  assert.ok(performance.now() - startedAt < 20_000);
});

async function listening() {
  const server = createSecureServer(certificateOf('server')).on('sessionError', () => {});
  await once(server.listen(0, 'localhost'), 'listening');
  return { port: (server.address() as AddressInfo).port, close: () => server.close() };
}

test('TLS where there is none, and none where there is, name the other scheme', { timeout: 60_000 }, async () => {
  assert.match(await servedBy(createServer(), 'https'), /does not speak TLS\. Use its http:\/\/ URL/);
  assert.match(await servedBy(createSecureServer(certificateOf('server')), 'http'), /is its URL https:\/\/\?$/);
  assert.match(
    await servedBy(
      createHttp1((_, response) => response.end()),
      'http',
    ),
    /Something answers .* does not speak gRPC/,
  );
});

test('the words of the layers below become what to do', () => {
  const at = 'https://prover.example.org';
  assert.match(ofMessage(at, 'certificate has expired'), /has expired\. Its operator has to renew it/);
  assert.match(ofMessage(at, 'certificate is not yet valid'), /Check the clock of this machine/);
  assert.match(
    ofMessage(
      at,
      "Hostname/IP does not match certificate's altnames: Host: prover.example.org. is not in the cert's altnames: DNS:a.example, DNS:b.example",
    ),
    /is for another name \(DNS:a\.example, DNS:b\.example\)\. Use a URL/,
  );
  for (const detail of [
    'self-signed certificate',
    'self-signed certificate in certificate chain',
    'unable to get local issuer certificate',
  ])
    assert.match(ofMessage(at, detail), /an authority that this machine does not know/);
  assert.match(
    ofMessage(at, 'error:0A000412:SSL routines::sslv3 alert bad certificate'),
    /asks for a client certificate/,
  );
  assert.match(
    ofMessage(at, 'connect ECONNREFUSED 10.0.0.1:443'),
    /^Nothing answers at https:\/\/prover\.example\.org \(connect/,
  );
  // An error number of OpenSSL helps no user.
  assert.doesNotMatch(
    ofMessage(at, '80CE:error:0A00010B:SSL routines:ssl3_get_record:wrong version number:x.c:350:'),
    /0A00|\.c:/,
  );
});
