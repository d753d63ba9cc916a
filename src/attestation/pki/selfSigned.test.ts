// Certificates of our own, as Node reads them, and keys of 32 bytes.
import assert from 'node:assert/strict';
import { createECDH, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { describe, it } from 'node:test';
import { p256KeyOf } from './p256KeyOf.js';
import { selfSigned } from './selfSigned.js';

const day = 86_400_000;

describe('a self-signed certificate', () => {
  const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  const now = Date.parse('2026-06-01T12:00:00Z');
  const read = (...names: string[]) => new X509Certificate(selfSigned({ key, names, now }));

  it('is for each of its names and addresses, and no other', () => {
    const certificate = read('prover.example.org', '127.0.0.1', '2001:db8::1:2');
    assert.equal(certificate.checkHost('prover.example.org'), 'prover.example.org');
    assert.equal(certificate.checkHost('example.org'), undefined);
    assert.equal(certificate.checkIP('127.0.0.1'), '127.0.0.1');
    assert.equal(certificate.checkIP('2001:db8::1:2'), '2001:db8::1:2');
    assert.equal(certificate.checkIP('2001:db8::2'), undefined);
  });

  it('is signed by its key, is no authority, and holds for 30 days from now', () => {
    const certificate = read('localhost');
    assert.ok(certificate.verify(certificate.publicKey));
    assert.ok(certificate.checkPrivateKey(key));
    assert.equal(certificate.ca, false);
    assert.equal(Date.parse(certificate.validTo), now + 30 * day);
    assert.ok(Date.parse(certificate.validFrom) < now);
    const renewed = new X509Certificate(selfSigned({ key, names: ['localhost'], now: now + 1 }));
    assert.notEqual(renewed.serialNumber, certificate.serialNumber);
  });
});

describe('a key of 32 bytes', () => {
  it('is the P-256 key with this scalar', () => {
    const secret = Buffer.from('3207a8f8f49c9efef8849053da9da79a371685848757165f23b83b9690c40b05', 'hex');
    const ecdh = createECDH('prime256v1');
    ecdh.setPrivateKey(secret);
    assert.equal(
      p256KeyOf(secret).export({ format: 'jwk' }).x,
      ecdh.getPublicKey().subarray(1, 33).toString('base64url'),
    );
  });

  it('is also had of bytes that are no scalar, the same each time', () => {
    for (const secret of [Buffer.alloc(32), Buffer.alloc(32, 0xff)]) {
      const once = p256KeyOf(secret).export({ format: 'jwk' });
      assert.deepEqual(p256KeyOf(secret).export({ format: 'jwk' }), once);
      assert.notEqual(Buffer.from(once.d ?? '', 'base64url').toString('hex'), secret.toString('hex'));
    }
  });
});
