// By which names the port of operators is called: those of its certificate, addresses, localhost, and nothing that merely looks like them.
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { it } from 'node:test';
import { selfSigned } from '../../../attestation/pki/selfSigned.js';
import { createOwnHost } from './ownHost.js';

const certificateFor = (...names: string[]): string => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return selfSigned({ key: privateKey, names, now: Date.UTC(2026, 0, 1) });
};

it('Host is a name of the listener, also of a certificate that is renewed', () => {
  let pem: string | undefined = certificateFor('prover.example.org');
  const isOwn = createOwnHost(() => pem);
  for (const own of [
    'prover.example.org',
    'PROVER.example.org:9000',
    '10.0.0.1:9000',
    '[fe80::1]:9000',
    '[::1]',
    'localhost',
  ])
    assert.equal(isOwn(own), true, own);
  for (const other of [
    '',
    'example.org',
    'evil.example',
    'prover.example.org.evil.example',
    'prover.example.org:9000:1',
    '1.2.3',
    '1.2.3.4.evil.example',
    'localhost.',
    '::1',
    'a b',
    'prover.example.org/x',
  ])
    assert.equal(isOwn(other), false, other);
  pem = certificateFor('other.example.org');
  assert.deepEqual([isOwn('other.example.org'), isOwn('prover.example.org')], [true, false]);
  pem = undefined;
  assert.deepEqual([isOwn('other.example.org'), isOwn('127.0.0.1')], [false, true]);
});
