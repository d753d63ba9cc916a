// A client that seals bodies: which evidence it takes a key from, and that the connection's own key is then no matter, but for who has it.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it, type TestContext } from 'node:test';
import { systemClock } from '../../clock.js';
import { systemRandom } from '../../random.js';
import { mockEvidence, mockRootDer, nonceOf, startFakeTarget } from '../../testkit/attestation/fakeTarget.js';
import { mockNow } from '../../testkit/attestation/mockPki.js';
import type { Binding } from '../verify/reportData.js';
import { openTarget } from './openTarget.js';
import { AttestationRefused } from './refusal.js';

const body = new Uint8Array(32).fill(9);
const other = new Uint8Array(32).fill(7);
type Evidence = Awaited<ReturnType<typeof mockEvidence>>;

interface Shows {
  /** Quoted, beside the nonce that came. Absent: the key of the connection, and a key for bodies. */
  readonly bound?: Omit<Binding, 'statement' | 'nonce'>;
  /** What is said of it. */
  readonly change?: (evidence: Evidence) => void;
  readonly isPlain?: boolean;
}

/** What a target that shows this comes to: the key that bodies are sealed to, or a code. */
async function keyOf(t: TestContext, { bound, change, isPlain = false }: Shows): Promise<string> {
  const target = await startFakeTarget(() => undefined, isPlain ? {} : { tls: 'server' });
  t.after(() => target.close());
  target.answer = async (_, response, url) => {
    const evidence = await mockEvidence({ nonce: nonceOf(url), ...(bound ?? { spki: target.spki, body }) });
    change?.(evidence);
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(evidence));
  };
  let key = 'none';
  const roots = [
    createHash('sha256')
      .update(await mockRootDer())
      .digest('hex'),
  ];
  const connections = openTarget({
    url: new URL(target.url),
    mode: 'require',
    verifying: { roots, time: mockNow, clock: systemClock },
    isSealed: true,
    statePath: undefined,
    onLook: ({ attestation }) => {
      key = attestation.bodyKey ?? 'none';
    },
    clock: systemClock,
    random: systemRandom,
  });
  t.after(() => connections.close());
  try {
    await connections.connect('http1', new AbortController().signal);
    return key;
  } catch (error) {
    if (error instanceof AttestationRefused) return error.code;
    throw error;
  }
}

describe('a client that seals bodies', { timeout: 300_000 }, () => {
  const hex = Buffer.from(body).toString('hex');

  it('takes the key that is quoted, over a connection that ends at the quoted key or has no TLS', async (t) => {
    assert.equal(await keyOf(t, {}), hex);
    assert.equal(await keyOf(t, { bound: { body }, isPlain: true }), hex);
  });

  it('T9: over a connection that ends at another key, whoever has that needs a certificate of a known authority', async (t) => {
    assert.equal(await keyOf(t, { bound: { spki: other, body } }), 'TLS_KEY_WRONG');
    assert.equal(await keyOf(t, { bound: { body } }), 'TLS_KEY_WRONG');
  });

  it('T31: takes no key that is not the quoted one, and no evidence without one', async (t) => {
    const says = (key: string | null) => ({
      change: (evidence: Evidence) => {
        evidence.keys.body_x25519 = key;
      },
    });
    const wrong: Record<string, Shows> = {
      'of 31 bytes': says('09'.repeat(31)),
      'of zeros': says('00'.repeat(32)),
      'that is the digest of the TLS key': {
        change: ({ keys }) => {
          keys.body_x25519 = keys.tls_spki_sha256;
        },
      },
      'left out': says(null),
      'not quoted': { bound: { body: undefined } },
      'not quoted, and shown': { bound: {}, ...says(hex) },
    };
    // Which part of the quote's data is another, nothing tells.
    assert.equal(await keyOf(t, says('07'.repeat(32))), 'REPORT_DATA_WRONG');
    for (const [what, shows] of Object.entries(wrong)) assert.equal(await keyOf(t, shows), 'BODY_KEY_WRONG', what);
  });
});
