// Each mechanism that is configured is demanded, and only those.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimulatedClock } from '../../testkit/world/simulatedClock.js';
import { type Credentials, createAdmit } from './access.js';
import { Tokens } from './tokens.js';

const token = 'a-token-of-ours-0';
const tokens = new Tokens(new SimulatedClock());
tokens.replace(token);

const stranger: Credentials = { authorization: undefined, peer: { certificate: undefined } };
const withToken: Credentials = { ...stranger, authorization: `Bearer ${token}` };
const withCertificate: Credentials = { ...stranger, peer: { certificate: 'ab'.repeat(32) } };
const withBoth: Credentials = { ...withToken, ...withCertificate, authorization: `Bearer ${token}` };

const answers = (parameters: Parameters<typeof createAdmit>[0]) => {
  const admit = createAdmit(parameters);
  return [stranger, withToken, withCertificate, withBoth].map((caller) => {
    try {
      admit(caller);
      return 'in';
    } catch (error) {
      return (error as Error).message;
    }
  });
};

test('nothing configured lets everybody in', () => {
  assert.deepEqual(answers({ tokens: undefined, needsCertificate: false }), ['in', 'in', 'in', 'in']);
});

test('tokens ask for a token, whatever certificate there is', () => {
  assert.deepEqual(answers({ tokens, needsCertificate: false }), ['TOKEN_MISSING', 'in', 'TOKEN_MISSING', 'in']);
});

test('certificates ask for a certificate, whatever token there is', () => {
  const missing = 'CERTIFICATE_MISSING';
  assert.deepEqual(answers({ tokens: undefined, needsCertificate: true }), [missing, missing, 'in', 'in']);
});

test('both ask for both', () => {
  const found = answers({ tokens, needsCertificate: true });
  assert.deepEqual(found, ['CERTIFICATE_MISSING', 'CERTIFICATE_MISSING', 'TOKEN_MISSING', 'in']);
});
