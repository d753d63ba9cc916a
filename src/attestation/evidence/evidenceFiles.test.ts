// The files that clients of dstack-ingress know: what is in them, what is quoted, and when they are replaced.
import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, it } from 'node:test';
import { fail } from '../../failures/fail.js';
import { FailureError } from '../../failures/failureError.js';
import { createLog } from '../../log.js';
import { systemRandom } from '../../random.js';
import { temporaryFolder } from '../../testkit/temporaryFolder.js';
import { SimulatedClock } from '../../testkit/world/simulatedClock.js';
import { createDevPki } from '../dev/devPki.js';
import { selfSigned } from '../pki/selfSigned.js';
import type { CheckedQuote } from '../providers/checkedQuote.js';
import { toHex } from '../verify/bytes.js';
import { parseQuote } from '../verify/quote/parseQuote.js';
import { createEvidenceFiles, type EvidenceFiles } from './evidenceFiles.js';

const certificateOf = (...names: string[]) =>
  selfSigned({ key: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey, names, now: Date.now() });
const first = certificateOf('prover.example.org');
const second = certificateOf('prover.example.org');
const acmeAccount = Buffer.from('{"uri":"https://acme.example/acct/1"}');
const pki = createDevPki(Date.now(), systemRandom);

let clock: SimulatedClock;
let folder: string;
let quotes: number;
let isBroken: boolean;
let files: EvidenceFiles;
const make = () =>
  createEvidenceFiles({
    folder,
    clock,
    log: createLog('silent'),
    queue: {
      async quote(data: Uint8Array): Promise<CheckedQuote> {
        quotes += 1;
        if (isBroken) throw new FailureError(fail('QUOTE_BUSY'));
        return { quote: pki.quote({ reportData: toHex(data) }), vmConfig: '{"cpu_count":1}' };
      },
    },
  });
beforeEach(() => {
  clock = new SimulatedClock();
  folder = join(temporaryFolder('evidence'), 'evidences');
  quotes = 0;
  isBroken = false;
  files = make();
});

const isUnavailable = ({ failure }: FailureError) => failure.code === 'QUOTE_UNAVAILABLE';
const textOf = (name: string) => files.find(name)?.toString() ?? '';
const digestOf = (text: string) => createHash('sha256').update(text).digest('hex');

describe('the evidence files', () => {
  it('are account, certificate, their digests as sha256sum writes them, and a quote over these', async () => {
    await files.replace({ certificate: first, acmeAccount });
    const manifest = textOf('sha256sum.txt');
    assert.equal(
      manifest,
      `${digestOf(acmeAccount.toString())}  acme-account.json\n${digestOf(first)}  cert-prover.example.org.pem\n`,
    );
    assert.equal(textOf('cert-prover.example.org.pem'), first);
    assert.equal(textOf('acme-account.json'), acmeAccount.toString());
    const answer = JSON.parse(textOf('quote.json')) as Record<string, string>;
    assert.deepEqual(Object.keys(answer), ['quote', 'event_log', 'report_data', 'vm_config']);
    const quoted = toHex(parseQuote(new Uint8Array(Buffer.from(answer['quote'] ?? '', 'hex'))).td.reportData);
    assert.equal(quoted, `${digestOf(manifest)}${'00'.repeat(32)}`);
    assert.equal(answer['report_data'], quoted);
    assert.deepEqual(JSON.parse(answer['event_log'] ?? ''), []);
    assert.equal(files.find('other.pem'), undefined);
  });

  it('list the certificate alone where no account is known', async () => {
    await files.replace({ certificate: first, acmeAccount: undefined });
    assert.equal(textOf('sha256sum.txt'), `${digestOf(first)}  cert-prover.example.org.pem\n`);
    assert.equal(files.find('acme-account.json'), undefined);
  });

  it('name a certificate for addresses only as older releases did', async () => {
    const certificate = certificateOf('127.0.0.1');
    await files.replace({ certificate, acmeAccount: undefined });
    assert.equal(textOf('cert.pem'), certificate);
  });

  it('are refused from a renewal on until the new certificate is quoted, and the old ones stay on the disk', async () => {
    await files.replace({ certificate: first, acmeAccount });
    isBroken = true;
    await files.replace({ certificate: second, acmeAccount });
    assert.throws(() => files.find('quote.json'), isUnavailable);
    assert.equal(readFileSync(join(folder, 'cert-prover.example.org.pem'), 'utf8'), first);
    isBroken = false;
    await clock.advance(30_000);
    const onDisk = join(folder, 'cert-prover.example.org.pem');
    // For a moment there is neither.
    const isReplaced = () => {
      try {
        return readFileSync(onDisk, 'utf8') === second;
      } catch {
        return false;
      }
    };
    while (!isReplaced()) await clock.settle();
    assert.equal(textOf('cert-prover.example.org.pem'), second);
    while (readdirSync(join(folder, '..')).length > 1) await clock.settle();
  });

  it('of the last start are served while no quote can be had, when they are of the same certificate', async () => {
    await files.replace({ certificate: first, acmeAccount });
    files.close();
    isBroken = true;
    files = make();
    await files.replace({ certificate: first, acmeAccount });
    assert.equal(textOf('cert-prover.example.org.pem'), first);
    files = make();
    await files.replace({ certificate: second, acmeAccount });
    assert.throws(() => files.find('quote.json'));
  });

  it('that somebody has changed on the disk are not served', async () => {
    await files.replace({ certificate: first, acmeAccount });
    isBroken = true;
    for (const [name, text] of [
      ['quote.json', '{"report_data":"00"}'],
      ['acme-account.json', '{}'],
      ['another', 'x'],
    ] as const) {
      isBroken = false;
      await make().replace({ certificate: first, acmeAccount });
      isBroken = true;
      writeFileSync(join(folder, name), text);
      files = make();
      await files.replace({ certificate: first, acmeAccount });
      assert.throws(() => files.find('sha256sum.txt'), isUnavailable, name);
    }
  });

  it('are not made any more once the service stops', async () => {
    isBroken = true;
    await files.replace({ certificate: first, acmeAccount });
    files.close();
    await clock.advance(3_600_000);
    assert.equal(quotes, 1);
    assert.ok(!existsSync(folder));
  });
});
