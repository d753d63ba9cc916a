// Whatever stands in front: a client that came by https is never thought to have come by less, and its host is the one that it named.
import assert from 'node:assert/strict';
import type { IncomingHttpHeaders } from 'node:http';
import { describe, it } from 'node:test';
import { forwardedFor } from '../../attestation/attested/forwarded.js';
import { reachedBy } from './reached.js';

const local = { address: '10.1.2.3', port: 8080 };
const peer = { address: '10.9.9.9', port: 40_000, certificate: undefined };
const name = 'prover.example.org';

/** `scheme://host` of a call over a connection without TLS, unless `isEncrypted`; `?` for what is not known. */
function originOf(headers: IncomingHttpHeaders, isEncrypted = false, port = local.port): string {
  const connection = { peer, local: { ...local, port }, isEncrypted };
  const { scheme = '?', host = '?' } = reachedBy({ ':scheme': 'http', ':authority': name, ...headers }, connection);
  return `${scheme}://${host}`;
}

const saysHttps: IncomingHttpHeaders[] = [
  { 'x-forwarded-proto': 'https' },
  { 'x-forwarded-proto': 'HTTPS' },
  { 'x-forwarded-proto': ' https , http' },
  { 'x-forwarded-proto': 'http,https' },
  { 'x-forwarded-proto': '"https"' },
  { 'x-forwarded-proto': 'https://' },
  { 'x-forwarded-proto': 'wss' },
  { 'X-Forwarded-Proto': 'Https' },
  { x_forwarded_proto: 'https' },
  { 'x-forwarded-scheme': 'https' },
  { 'x-forwarded-protocol': 'https' },
  { 'x-forwarded-protocol': 'ssl' },
  { 'x-url-scheme': 'https' },
  { 'x-scheme': 'https' },
  { 'x-original-proto': 'https' },
  { 'cloudfront-forwarded-proto': 'https' },
  { 'cf-visitor': '{"scheme":"https"}' },
  { 'x-forwarded-ssl': 'on' },
  { 'x-forwarded-ssl': 'ON' },
  { 'x-forwarded-ssl': '1' },
  { 'front-end-https': 'on' },
  { 'fastly-ssl': '1' },
  { 'wl-proxy-ssl': 'true' },
  { 'x-appengine-https': 'on' },
  { 'x-arr-ssl': '2048|256|C=US, O=DigiCert Inc, CN=RapidSSL|CN=prover.example.org' },
  { 'x-amzn-tls-version': 'TLSv1.3' },
  { 'x-forwarded-client-cert': 'By=spiffe://a;Hash=12;Subject=""' },
  { 'x-forwarded-tls-client-cert': 'MIIB' },
  { 'x-forwarded-port': '443' },
  { ':scheme': 'https' },
  { ':scheme': 'HTTPS' },
  { forwarded: 'proto=https' },
  { forwarded: 'for=192.0.2.60;proto=https;by=203.0.113.43' },
  { forwarded: 'For="[2001:db8:cafe::17]:4711"; Proto="HTTPS"' },
  { forwarded: 'for=192.0.2.43, for="198.51.100.17";proto=https' },
  { forwarded: 'proto=http;for=a, proto=https' },
  { forwarded: 'for="a,b;proto=http", proto="ht\\tps"' },
  // A client's own half of a quote, which its proxy has added to.
  { forwarded: 'for="x, for=192.0.2.1;proto=https' },
  { 'x-forwarded': 'for=192.0.2.60;proto=https' },
  { 'x-forwarded-proto': 'http', 'front-end-https': 'on' },
  { 'x-forwarded-proto': 'http', forwarded: 'proto=https' },
];

describe('the origin by which a client came', () => {
  for (const headers of saysHttps) {
    it(`is https where ${JSON.stringify(headers)} says so`, () => assert.equal(originOf(headers), `https://${name}`));
  }

  for (const headers of [
    {},
    { 'x-forwarded-proto': 'http' },
    { 'x-forwarded-ssl': 'off', 'x-forwarded-proto': 'HTTP' },
    { 'x-forwarded-port': '80' },
    { forwarded: 'for=192.0.2.60;proto=http' },
  ]) {
    it(`is http where ${JSON.stringify(headers)} says nothing else`, () => {
      assert.equal(originOf(headers), `http://${name}`);
    });
  }

  for (const headers of [
    { 'x-forwarded-for': '192.0.2.1' },
    { via: '1.1 edge' },
    { 'cdn-loop': 'edge' },
    { 'cf-ray': '230b030023ae2822-SJC' },
    { 'x-cluster-client-ip': '192.0.2.1' },
    { 'x-azure-clientip': '192.0.2.1' },
    { 'x-envoy-original-path': '/' },
    { 'x-real-ip': '192.0.2.1' },
    { 'x-forwarded-host': name },
    { 'x-forwarded-port': '8443', 'x-forwarded-proto': 'what' },
    { forwarded: 'for=192.0.2.60' },
  ]) {
    it(`is not known where ${JSON.stringify(headers)} shows a proxy that says no scheme`, () => {
      assert.match(originOf(headers), /^\?:/);
      // What stays on the client's own machine is on no network.
      assert.equal(originOf({ ...headers, 'x-forwarded-host': 'localhost:9' }), 'http://localhost:9');
    });
  }

  const hosts: [headers: IncomingHttpHeaders, host: string][] = [
    [{ 'x-forwarded-host': 'a.example.org' }, 'a.example.org'],
    [{ 'x-forwarded-host': 'a.example.org:8443, b.internal' }, 'a.example.org:8443'],
    [{ 'x-original-host': 'a.example.org' }, 'a.example.org'],
    [{ forwarded: 'host="a.example.org:8443";proto=https' }, 'a.example.org:8443'],
    [{ forwarded: 'for=x, host=a.example.org', 'x-forwarded-host': 'b.example.org' }, 'a.example.org'],
    [{ 'x-forwarded-host': 'a.example.org', 'x-forwarded-port': '8443' }, 'a.example.org:8443'],
    [{ 'x-forwarded-host': '[2001:db8::1]', 'x-forwarded-port': '8443' }, '[2001:db8::1]:8443'],
    [{ 'x-forwarded-host': 'a.example.org:1', 'x-forwarded-port': '8443' }, 'a.example.org:1'],
    [{ forwarded: 'host=unknown, host=_hidden, host=a.example.org' }, 'a.example.org'],
    [{ 'x-forwarded-port': '8443' }, `${name}:8443`],
    [{ 'x-forwarded-port': '80' }, name],
    [{ ':authority': 'prover' }, '?'],
    [{ ':authority': 'prover:8080' }, '?'],
    [{ ':authority': '10.1.2.3:8080' }, '?'],
    [{ ':authority': '127.0.0.1:8080' }, '?'],
    [{ ':authority': '[::1]:8080' }, '?'],
    [{ ':authority': 'backend.example.org:80' }, '?'],
    [{ ':authority': '' }, '?'],
    [{ ':authority': '127.0.0.1:8080', 'x-forwarded-host': 'a.example.org' }, 'a.example.org'],
    [{ ':authority': '127.0.0.1:8443' }, '127.0.0.1:8443'],
    [{ ':authority': 'localhost:8443' }, 'localhost:8443'],
    [{ ':authority': 'prover.example.org:8080' }, 'prover.example.org:8080'],
    [{ ':authority': undefined, host: 'a.example.org' }, 'a.example.org'],
  ];
  for (const [headers, host] of hosts) {
    it(`has the host ${host} where a proxy sends ${JSON.stringify(headers)}`, () => {
      assert.equal(originOf({ 'x-forwarded-proto': 'https', ...headers }), `https://${host}`);
    });
  }

  it('is https where the client has named the port of https, which is not ours', () => {
    assert.equal(originOf({ ':authority': `${name}:443` }), `https://${name}:443`);
    assert.equal(
      originOf({ 'x-forwarded-for': '192.0.2.1', 'x-forwarded-host': `${name}:443` }),
      `https://${name}:443`,
    );
    assert.equal(originOf({ ':authority': `${name}:443` }, false, 443), `http://${name}:443`);
  });

  it('is https on a connection with TLS, whatever a header says', () => {
    assert.equal(originOf({ 'x-forwarded-proto': 'http' }, true), `https://${name}`);
    assert.equal(originOf({ ':authority': 'localhost:8080' }, true), 'https://localhost:8080');
  });

  it('T37: is that of `attest proxy` where Forwarded is its own, and in no other form', () => {
    const ownProxyOf = (forwarded: string) => reachedBy({ forwarded }, { peer, local, isEncrypted: true }).ownProxy;
    assert.equal(ownProxyOf(forwardedFor(new URL('http://127.0.0.1:8088'))), 'http://127.0.0.1:8088');
    assert.equal(ownProxyOf(forwardedFor(new URL('http://[::1]:8088'))), 'http://[::1]:8088');
    for (const other of [
      '',
      'proto=http;host=a',
      'for=b;proto=http;host="a"',
      'proto=http;host="a/b"',
      'proto=http;host="a", for=b',
    ])
      assert.equal(ownProxyOf(other), undefined, other);
  });

  it('is found in time, whatever a header holds', () => {
    for (const piece of ['"', '\\', ' ', ',', ';', 'proto=', 'proto', '=', '/', ':', 'host="'])
      originOf({ forwarded: piece.repeat(16_384 / piece.length), 'x-forwarded-proto': piece.repeat(16_384) });
  });
});
