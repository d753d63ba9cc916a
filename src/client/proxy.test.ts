// The rule about proxies, by the variables as people set them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ClientError } from './errors.js';
import { type Environment, isLoopback, proxyFor } from './proxy.js';

const remote = 'https://prover.example.org/';
const through = (url: string, environment: Environment) => {
  const proxy = proxyFor(new URL(url), environment);
  return proxy && `${proxy.hostname}:${proxy.port} by ${proxy.variable}`;
};

const everything = {
  grpc_proxy: 'http://a:1',
  GRPC_PROXY: 'http://a:1',
  http_proxy: 'http://a:1',
  HTTP_PROXY: 'http://a:1',
  https_proxy: 'http://a:1',
  HTTPS_PROXY: 'http://a:1',
  all_proxy: 'http://a:1',
  ALL_PROXY: 'http://a:1',
  NODE_USE_ENV_PROXY: '1',
  no_proxy: 'example.org',
};

test('this machine is reached through no proxy, whatever the environment says', () => {
  for (const host of [
    '127.0.0.1',
    '127.8.9.10',
    '127.1',
    '2130706433',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f01:1]',
    'localhost',
    'LocalHost',
    'localhost.',
    'prover.localhost',
    '0.0.0.0',
    '[::]',
  ]) {
    const url = `http://${host}:8080`;
    assert.ok(isLoopback(new URL(url).hostname), host);
    assert.equal(through(url, everything), undefined, host);
    assert.equal(through(url, { http_proxy: 'no proxy at all!' }), undefined, host);
  }
});

test('a name or an address that only looks like this machine is another', () => {
  for (const host of [
    '128.0.0.1',
    'localhost.example.org',
    'notlocalhost',
    '127.0.0.1.example.org',
    '[::2]',
    '10.0.0.1',
  ])
    assert.equal(through(`http://${host}:8080`, { http_proxy: 'a:1' }), 'a:1 by http_proxy', host);
});

test('the variable for calls goes first, then that of the scheme, then that for all; lower case before upper', () => {
  assert.equal(through(remote, {}), undefined);
  assert.equal(through(remote, { HTTPS_PROXY: 'http://b:2', https_proxy: 'http://c:3' }), 'c:3 by https_proxy');
  assert.equal(through(remote, { HTTPS_PROXY: 'http://b:2', ALL_PROXY: 'http://d:4' }), 'b:2 by HTTPS_PROXY');
  assert.equal(through(remote, { http_proxy: 'http://e:5', ALL_PROXY: 'http://d:4' }), 'd:4 by ALL_PROXY');
  assert.equal(through('http://prover.example.org', { https_proxy: 'http://e:5' }), undefined);
  assert.equal(through(remote, { https_proxy: 'http://e:5', GRPC_PROXY: 'http://f:6' }), 'f:6 by GRPC_PROXY');
  assert.equal(through(remote, { https_proxy: ' ', HTTPS_PROXY: 'http://g:7' }), 'g:7 by HTTPS_PROXY');
});

test('a proxy may be named without its scheme, by address, and with a name and a password', () => {
  assert.equal(through(remote, { https_proxy: 'proxy.local:3128' }), 'proxy.local:3128 by https_proxy');
  assert.equal(through(remote, { https_proxy: 'http://proxy.local' }), 'proxy.local:80 by https_proxy');
  assert.equal(through(remote, { https_proxy: 'http://[fd00::1]:3128/' }), 'fd00::1:3128 by https_proxy');
  assert.equal(proxyFor(new URL(remote), { https_proxy: 'http://me:p%40ss@a:1' })?.credentials, 'me:p@ss');
  assert.equal(proxyFor(new URL(remote), { https_proxy: 'http://100%@a:1' })?.credentials, '100%:');
});

test('what no_proxy or no_grpc_proxy names is reached directly', () => {
  const proxied = (list: string, url = remote, name = 'no_proxy') =>
    through(url, { ALL_PROXY: 'a:1', [name]: list }) !== undefined;
  for (const list of [
    '*',
    'example.org',
    '.example.org',
    '*.example.org',
    'PROVER.example.org',
    'a, example.org:443',
    'b c prover.example.org.',
  ])
    assert.equal(proxied(list), false, list);
  for (const list of ['ample.org', 'example.org:8443', 'prover.example', 'x.prover.example.org', ', ,'])
    assert.equal(proxied(list), true, list);
  for (const name of ['NO_PROXY', 'No_Proxy', 'no_grpc_proxy', 'NO_GRPC_PROXY'])
    assert.equal(proxied('example.org', remote, name), false, name);
  for (const list of ['10.1.2.3', '10.0.0.0/8', '10.1.2.3:8080', '0.0.0.0/0'])
    assert.equal(proxied(list, 'http://10.1.2.3:8080'), false, list);
  for (const list of ['10.1.2.4', '11.0.0.0/8', '10.0.0.0/99', '.3', '2.3', 'fd00::/8'])
    assert.equal(proxied(list, 'http://10.1.2.3:8080'), true, list);
  for (const list of ['fd00::1', '[fd00::1]', '[fd00::1]:8080', 'fd00::/8'])
    assert.equal(proxied(list, 'http://[fd00::1]:8080'), false, list);
});

test('a variable that names no usable proxy stops the client with a sentence that holds nothing of its value', () => {
  for (const value of ['socks5://me:secret@a:1', 'https://me:secret@a:1', 'http://', 'http://me:secret@a:no']) {
    const isTold = (error: unknown) => {
      assert.ok(error instanceof ClientError);
      assert.equal(error.failure.code, 'PROXY_INVALID');
      assert.match(error.message, /^ALL_PROXY names no proxy .*prover\.example\.org in NO_PROXY/);
      return !error.message.includes('secret');
    };
    assert.throws(() => proxyFor(new URL(remote), { ALL_PROXY: value }), isTold, value);
  }
});
