// What must hold between the options for operators: nothing listens beyond the socket without a list, nor beyond loopback without TLS.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { ConfigError, loadConfig } from './load.js';

const problems = (flags: Readonly<Record<string, string>>): string => {
  try {
    loadConfig({ flags: { data: '/d', ...flags }, environment: {} });
    return '';
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.message;
  }
};
const local = { adminListen: '127.0.0.1:9000', operators: '/operators' };

it('a port of operators needs their list, and says which option that is', () => {
  assert.equal(problems(local), '');
  assert.match(problems({ adminListen: '127.0.0.1:9000' }), /--admin-listen needs --operators/);
  assert.match(problems({ operators: '/operators' }), /--operators needs --admin-listen/);
  assert.match(problems({ adminTlsCert: '/c', adminTlsKey: '/k' }), /--admin-tls-cert needs --admin-listen/);
});

it('beyond loopback it needs TLS, by files of its own or those of the service', () => {
  for (const adminListen of ['0.0.0.0:9000', '[::]:9000', '10.0.0.1:9000', 'prover.example:9000', '127.example:9000'])
    assert.match(problems({ ...local, adminListen }), /--admin-listen .* needs --admin-tls-cert and --admin-tls-key/);
  for (const adminListen of ['9000', 'localhost:9000', '[::1]:9000', '127.0.0.2:9000'])
    assert.equal(problems({ ...local, adminListen }), '', adminListen);
  const wide = { ...local, adminListen: '0.0.0.0:9000' };
  assert.equal(problems({ ...wide, adminTlsCert: '/c', adminTlsKey: '/k' }), '');
  assert.equal(problems({ ...wide, tlsCert: '/c', tlsKey: '/k' }), '');
  assert.match(problems({ ...wide, adminTlsCert: '/c' }), /--admin-tls-cert and --admin-tls-key need each other/);
  // A key that is made at the start is nothing that operators could know.
  assert.match(problems({ ...wide, tls: 'ephemeral' }), /needs --admin-tls-cert/);
  assert.match(problems({ ...local, adminTlsClientCa: '/ca' }), /--admin-tls-client-ca needs --admin-tls-cert/);
});

it('is a port of its own', () => {
  for (const other of ['listen', 'metricsListen'])
    assert.match(problems({ ...local, [other]: '127.0.0.1:9000' }), /are the same/, other);
  assert.equal(problems({ ...local, adminListen: '127.0.0.1:0', listen: '127.0.0.1:0' }), '');
});
