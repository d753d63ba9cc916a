// The origin of artifact URLs: a warning for each that is not ours, and none where nothing safe is known.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { pino } from 'pino';
import { FailureError } from '../../failures/failureError.js';
import { createArtifactOrigin, isWeaker } from './artifactOrigin.js';

const authority = '127.0.0.1:8080';
const ours = { scheme: 'http', host: authority, authority, isForeign: false } as const;

describe('the origin of artifact URLs', () => {
  const open = (publicUrl?: string) => {
    const lines: { origin: string; message: string }[] = [];
    const log = pino({ messageKey: 'message' }, { write: (line: string) => lines.push(JSON.parse(line)) });
    return { lines, artifactOrigin: createArtifactOrigin({ publicUrl, log }) };
  };
  const refusal = (unknown: string) => (error: unknown) =>
    error instanceof FailureError && 'unknown' in error.failure && error.failure.unknown === unknown;

  it('is the one that is configured, whatever a call says', () => {
    const { artifactOrigin, lines } = open('https://prover.example.org');
    assert.equal(artifactOrigin({ ...ours, host: undefined, scheme: undefined }), 'https://prover.example.org');
    assert.deepEqual(lines, []);
  });

  it('T37: is that of `attest proxy` where a call comes through one, whatever is configured', () => {
    const { artifactOrigin, lines } = open('https://prover.example.org');
    assert.equal(artifactOrigin({ ...ours, ownProxy: 'http://127.0.0.1:8088' }), 'http://127.0.0.1:8088');
    assert.equal(artifactOrigin(ours), 'https://prover.example.org');
    assert.deepEqual(lines, []);
  });

  it('is refused, naming the option, where host or scheme is not known', () => {
    const { artifactOrigin, lines } = open();
    assert.throws(
      () => artifactOrigin({ ...ours, scheme: 'https', host: undefined, isForeign: true }),
      refusal('host'),
    );
    assert.throws(() => artifactOrigin({ ...ours, scheme: 'https', host: 'a/b@c', isForeign: true }), refusal('host'));
    assert.throws(
      () => artifactOrigin({ ...ours, scheme: undefined, authority: 'x', isForeign: true }),
      refusal('scheme'),
    );
    assert.equal(lines.length, 2);
    assert.match(lines[0]?.message ?? '', /--public-url/);
    for (const host of ['-127.0.0', '1.2.3.999', 'example.org:99999'])
      assert.throws(() => artifactOrigin({ ...ours, scheme: 'https', host, isForeign: true }), refusal('host'), host);
  });

  it('is kept where a bucket would be reached in the clear', () => {
    assert.equal(isWeaker('http://bucket.example.org/x', 'https://prover.example.org'), true);
    assert.equal(isWeaker('https://bucket.example.org/x', 'https://prover.example.org'), false);
    assert.equal(isWeaker('http://127.0.0.1:9000/x', 'http://127.0.0.1:8080'), false);
  });

  it('is warned of once each, and not without an end', () => {
    const { artifactOrigin, lines } = open();
    for (let round = 0; round < 2; round++) {
      assert.equal(artifactOrigin(ours), `http://${authority}`);
      for (let count = 0; count < 1_000; count++)
        artifactOrigin({ ...ours, scheme: 'https', host: `h${count}.example.org`, isForeign: true });
    }
    assert.equal(lines.length, 32);
    assert.equal(new Set(lines.map(({ origin }) => origin)).size, 32);
  });
});
