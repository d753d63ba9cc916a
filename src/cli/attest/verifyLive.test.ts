// `attest verify URL` against targets that are honest, lying, broken or away. T numbers: the attacks that an attesting client has to withstand.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { attestCli } from '../../testkit/attestation/attestCli.js';
import {
  type Answer,
  type FakeTarget,
  mockEvidence,
  mockPolicy,
  mockRootDer,
  nonceOf,
  startFakeTarget,
} from '../../testkit/attestation/fakeTarget.js';
import { mockNow } from '../../testkit/attestation/mockPki.js';
import { goodStatement, type TargetChanges } from '../../testkit/attestation/mockTarget.js';
import { scriptedCli } from '../../testkit/scriptedCli.js';
import { runCli } from '../runCli.js';

const cli = attestCli();
const day = 86_400;
let target: FakeTarget;
let plain: FakeTarget;
let words: string[];
before(async () => {
  target = await startFakeTarget(() => undefined, { tls: 'server' });
  plain = await startFakeTarget(() => undefined);
  const root = cli.write(await mockRootDer());
  words = ['--insecure-dev-root', root, '--time', String(mockNow)];
});
after(() => {
  target.close();
  plain.close();
});

const json = (response: ServerResponse, value: unknown) =>
  void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));

type Changed = (evidence: Awaited<ReturnType<typeof mockEvidence>>) => unknown;

/** Evidence made over the nonce that came, with something changed after it was made. */
const shows =
  (
    change: Changed = (evidence) => evidence,
    bound: Parameters<typeof mockEvidence>[0] = {},
    changes: TargetChanges = {},
  ): Answer =>
  async (_request, response, url) => {
    const evidence = await mockEvidence({ nonce: nonceOf(url), spki: target.spki, ...bound }, changes);
    json(response, change(evidence) ?? evidence);
  };

async function verify(answer: Answer, ...more: string[]) {
  target.answer = answer;
  return await cli.verdict(target.url, ...words, ...more);
}

describe('attest verify URL', () => {
  it('accepts an honest target as bound, and by its policy as identified', async () => {
    const bound = await verify(shows());
    assert.deepEqual([bound.codes, bound.exitCode, bound.level], [[], 0, 'bound']);
    assert.equal(bound.target.tlsSpkiSha256, Buffer.from(target.spki ?? []).toString('hex'));
    assert.match(bound.warnings[0] ?? '', /^Nothing was proven/);
    const { exitCode, level, codes } = await verify(shows(), '--policy', cli.write(await mockPolicy()));
    assert.deepEqual([codes, exitCode, level], [[], 0, 'identified']);
  });

  it('without TLS binds the nonce alone, on this machine', async () => {
    plain.answer = async (_request, response, url) => json(response, await mockEvidence({ nonce: nonceOf(url) }));
    const { exitCode, checks } = await cli.verdict(plain.url, ...words);
    assert.equal(exitCode, 0);
    assert.equal(checks.find(({ id }) => id === 'binding.tls_key')?.status, 'skip');
  });

  it('uses a nonce once', async () => {
    const nonces = new Set<string | null>();
    for (let i = 0; i < 2; i += 1)
      await verify(async (request, response, url) => {
        nonces.add(url.searchParams.get('nonce'));
        await shows()(request, response, url);
      });
    assert.equal(nonces.size, 2);
  });

  const other = new Uint8Array(32).fill(7);
  const flipped = (text: string, at: number) =>
    `${text.slice(0, at)}${text[at] === 'A' ? 'B' : 'A'}${text.slice(at + 1)}`;
  const attacks: [title: string, answer: Answer, code: string][] = [
    ['T4, T7: a report without our nonce', shows(undefined, { nonce: undefined }), 'binding.report_data NONCE_WRONG'],
    ['T5: a report over another nonce', shows(undefined, { nonce: other }), 'binding.report_data NONCE_WRONG'],
    [
      'T6: our nonce echoed beside a report over another',
      async (_request, response, url) => {
        const evidence = await mockEvidence({ nonce: other, spki: target.spki });
        json(response, { ...evidence, nonce: url.searchParams.get('nonce') });
      },
      'binding.report_data REPORT_DATA_WRONG',
    ],
    ['T9: a report of another connection', shows(undefined, { spki: other }), 'binding.report_data TLS_KEY_WRONG'],
    ['T10: a report that binds no key', shows(undefined, { spki: undefined }), 'binding.report_data TLS_KEY_WRONG'],
    [
      'T31: a key for bodies that was not quoted',
      shows((evidence) => {
        evidence.keys.body_x25519 = '09'.repeat(32);
      }),
      'binding.report_data BODY_KEY_WRONG',
    ],
    [
      'T31: a key for bodies of 31 bytes',
      shows((evidence) => {
        evidence.keys.body_x25519 = '09'.repeat(31);
      }),
      'binding.report_data BODY_KEY_WRONG',
    ],
    [
      'T31: a key for bodies of zeros',
      shows((evidence) => {
        evidence.keys.body_x25519 = '00'.repeat(32);
      }),
      'binding.report_data BODY_KEY_WRONG',
    ],
    [
      'T31: a key for bodies that is the digest of the TLS key',
      shows((evidence) => {
        evidence.keys.body_x25519 = evidence.keys.tls_spki_sha256;
      }),
      'binding.report_data BODY_KEY_WRONG',
    ],
    [
      'another statement than the quoted one',
      shows((evidence) => {
        evidence.statement = Buffer.from('{"service":"other"}').toString('base64');
      }),
      'binding.report_data REPORT_DATA_WRONG',
    ],
    [
      'one byte of the quote changed',
      shows((evidence) => {
        evidence.quote = flipped(evidence.quote, 800);
      }),
      'quote.signature QUOTE_SIGNATURE_INVALID',
    ],
    [
      'an event changed',
      shows((evidence) => {
        evidence.event_log[5].event_payload = 'ab'.repeat(32);
      }),
      'events.replay EVENT_DIGEST_WRONG',
    ],
    [
      'T24: another compose file',
      shows((evidence) => {
        evidence.app_compose = `${evidence.app_compose} `;
      }),
      'compose.hash COMPOSE_HASH_WRONG',
    ],
    [
      'collateral changed',
      shows((evidence) => {
        evidence.collateral.tcb_info = evidence.collateral.tcb_info.replace('UpToDate', 'uptodate');
      }),
      'collateral.signature COLLATERAL_SIGNATURE_INVALID',
    ],
    ['evidence of version 2', shows((evidence) => ({ ...evidence, version: 2 })), 'quote.format EVIDENCE_MALFORMED'],
    ['a property that is not known', shows((evidence) => ({ ...evidence, x: 1 })), 'quote.format EVIDENCE_MALFORMED'],
    [
      'upper-case hex',
      shows((evidence) => ({ ...evidence, nonce: evidence.nonce?.toUpperCase() })),
      'quote.format EVIDENCE_MALFORMED',
    ],
    [
      'base64 with white space',
      shows((evidence) => ({ ...evidence, quote: `${evidence.quote}\n` })),
      'quote.format EVIDENCE_MALFORMED',
    ],
    [
      'a key that is there twice',
      async (_request, response) => void response.end('{"version":1,"version":1}'),
      'quote.format EVIDENCE_MALFORMED',
    ],
    [
      'half a JSON',
      async (_request, response) => void response.end('{"version":1,'),
      'quote.format EVIDENCE_MALFORMED',
    ],
    [
      'evidence without an end',
      (_request, response) => {
        const more = () => {
          while (!response.destroyed && response.write(Buffer.alloc(65_536, 0x20)));
        };
        response.on('drain', more);
        more();
      },
      'quote.format EVIDENCE_MALFORMED',
    ],
    ['nothing', (_request, response) => void response.writeHead(404).end(), 'quote.format REPORT_MISSING'],
    [
      'a redirection to somebody else',
      (_request, response) => void response.writeHead(302, { location: 'http://127.0.0.1:9/' }).end(),
      'quote.format REPORT_MISSING',
    ],
  ];
  for (const [title, answer, code] of attacks) {
    it(`refuses ${title}: ${code.split(' ')[1]}`, async () => {
      const { exitCode, codes, verdict } = await verify(answer);
      assert.deepEqual([codes[0], exitCode, verdict], [code, 1, 'rejected']);
    });
  }

  it('says of a relay that the quote is genuine and not of what answers here', async () => {
    target.answer = shows(undefined, { spki: other });
    const { out } = await cli.run('verify', target.url, ...words);
    assert.match(out, /^ok {4}quote\.signature/m);
    assert.match(
      out.replace(/\s+/g, ' '),
      /made for another TLS key than the one of this connection\. Whoever answers here may only be passing a quote on/,
    );
  });

  it('T26: what has ended is refused by its own code', async () => {
    target.answer = shows();
    const late = words.with(3, String(mockNow + 40 * day));
    const { codes, exitCode } = await cli.verdict(target.url, ...late);
    assert.deepEqual(codes.slice(0, 2), [
      'certificates.revocation CRL_NOT_VALID_NOW',
      'collateral.freshness COLLATERAL_NOT_VALID_NOW',
    ]);
    assert.equal(exitCode, 1);
  });

  it('T28: a foreign root is refused where it was not named', async () => {
    target.answer = shows();
    const { codes, exitCode, warnings } = await cli.verdict(target.url, '--time', String(mockNow));
    assert.match(codes[0] ?? '', /certificates\.chain CERT_CHAIN_INVALID/);
    assert.equal(exitCode, 1);
    assert.ok(!warnings.some((warning) => warning.startsWith('Nothing was proven')));
  });

  it('a policy’s domains ask for a certificate of that name', async () => {
    const of = async (domain: string) =>
      JSON.stringify({ ...JSON.parse(await mockPolicy()), tls: { domains: [domain] } });
    assert.deepEqual((await verify(shows(), '--policy', cli.write(await of('127.0.0.1')))).codes, []);
    assert.deepEqual((await verify(shows(), '--policy', cli.write(await of('prover.example.org')))).codes, [
      'binding.tls_key TLS_KEY_WRONG',
    ]);
  });

  it('A disk that was set back: a lower generation than was seen is refused, and is not remembered', async () => {
    const at = (generation: number) => shows(undefined, {}, { statement: { ...goodStatement, generation } });
    const statusOf = async (generation: number) => {
      const { checks, exitCode } = await verify(at(generation));
      const check = checks.find(({ id }) => id === 'state.generation');
      return [exitCode, check?.status === 'fail' ? check.code : check?.status];
    };
    assert.deepEqual(await statusOf(7), [0, 'skip']);
    assert.deepEqual(await statusOf(9), [0, 'ok']);
    assert.deepEqual(await statusOf(8), [1, 'STATE_ROLLED_BACK']);
    assert.deepEqual(await statusOf(9), [0, 'ok']);
    writeFileSync(join(cli.folder, 'sealed-prover/attestation/generations.json'), '{');
    assert.deepEqual(await statusOf(9), [0, 'skip']);
  });

  it('a target that is busy or away is not checked: exit code 3', async () => {
    target.answer = (_request, response) => void response.writeHead(503).end('{"error":{"code":"QUOTE_BUSY"}}');
    const busy = await cli.run('verify', target.url, ...words, '--json');
    assert.equal(busy.exitCode, 3);
    assert.equal(JSON.parse(busy.out).error.code, 'QUOTE_BUSY');
    const away = await cli.run('verify', 'https://127.0.0.1:9', ...words);
    assert.equal(away.exitCode, 3);
    assert.match(away.err, /cannot be asked: the connection was refused\.$/m);
    const noTls = await cli.run('verify', plain.url.replace('http:', 'https:'), ...words);
    assert.equal(noTls.exitCode, 3);
  });

  it('Ctrl-C ends it with a sentence, whatever it waits for', async () => {
    const asked = new Promise<void>((resolve) => {
      target.answer = () => resolve();
    });
    const interrupted = scriptedCli({ XDG_CACHE_HOME: cli.folder });
    const running = runCli(['attest', 'verify', target.url], interrupted);
    await asked;
    interrupted.interrupt();
    assert.equal(await running, 130);
    assert.equal(interrupted.err(), 'Interrupted. Nothing was verified.\n');
  });

  it('a URL with a path, a password or another scheme is wrong usage', async () => {
    for (const url of [`${target.url}/x`, 'https://a:b@example.org', 'ftp://example.org'])
      assert.equal((await cli.run('verify', url)).exitCode, 2, url);
  });
});
