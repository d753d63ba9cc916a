// The vectors are SDK-made signatures (RFC 6979, low s), as a client sends them.
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { FailureError } from '../../failures/failureError.js';
import { artifactVectors, baseBody, baseSignature } from '../../testkit/wireVectors.js';
import { createSignatures } from './signatures.js';

const bytes = (hex: string) => new Uint8Array(Buffer.from(hex, 'hex'));
const createArtifact = new TextEncoder().encode('create_artifact');
describe('signatures', () => {
  const signatures = createSignatures({ threads: 1 });
  after(() => signatures.close());
  const recover = (message: Uint8Array, signature: string) =>
    signatures.recover({ message, signature: bytes(signature) });
  const isInvalid = (error: unknown) => error instanceof FailureError && error.failure.code === 'SIGNATURE_INVALID';

  it('recovers CreateArtifact signatures, whose v is 54 or 55', async () => {
    for (const { address, signature } of artifactVectors)
      assert.equal(await recover(createArtifact, signature), address);
  });

  it('recovers the same address from v as 27, 28, 0 and 1', async () => {
    for (const { address, signature } of artifactVectors) {
      const parity = Number.parseInt(signature.slice(-2), 16) - 54;
      for (const v of [parity, parity + 27]) {
        assert.equal(await recover(createArtifact, signature.slice(0, -2) + v.toString(16).padStart(2, '0')), address);
      }
    }
  });

  it('recovers the same address from the other half of the curve’s signatures, high s', async () => {
    const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
    for (const { address, signature } of artifactVectors) {
      const s = order - BigInt(`0x${signature.slice(64, 128)}`);
      const v = 55 - (Number.parseInt(signature.slice(-2), 16) - 54);
      const other = signature.slice(0, 64) + s.toString(16).padStart(64, '0') + v.toString(16);
      assert.equal(await recover(createArtifact, other), address);
    }
  });

  it('recovers somebody else from other bytes', async () => {
    const altered = bytes(baseBody);
    altered[1] = 8;
    assert.notEqual(await recover(altered, baseSignature), artifactVectors[0]?.address);
  });

  it('refuses what is no signature', async () => {
    const [vector] = artifactVectors;
    const whole = vector?.signature ?? '';
    for (const signature of [
      '',
      '00',
      whole.slice(0, -2),
      `${whole}00`,
      `${whole.slice(0, -2)}1d`,
      `${'00'.repeat(64)}1b`,
      `${'ff'.repeat(64)}1b`,
    ]) {
      await assert.rejects(recover(createArtifact, signature), isInvalid, signature);
    }
  });

  it('keeps many at once apart', async () => {
    const asked = Array.from(
      { length: 300 },
      (_, index) => artifactVectors[index % 3] as (typeof artifactVectors)[number],
    );
    const found = await Promise.all(asked.map(({ signature }) => recover(createArtifact, signature)));
    assert.deepEqual(
      found,
      asked.map(({ address }) => address),
    );
  });
});
