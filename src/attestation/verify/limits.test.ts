// Sizes: what is larger is refused by the code of what it is, at once. The quote's and the header's are tested with their own.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createMockCase } from '../../testkit/attestation/mockPki.js';
import { parseCrl } from './certificates/crl.js';
import { readPem } from './certificates/readPem.js';
import { parseCollateral } from './collateral/parseCollateral.js';
import { parseAppCompose } from './compose/appCompose.js';
import { parseEventLog } from './events/eventLog.js';
import { parsePolicy } from './policy/parsePolicy.js';
import { parseStatement } from './verdict/statementCheck.js';
import { verifyQuote } from './verifyQuote.js';

const megabyte = 1_048_576;
const event = { imr: 3, event_type: 1, digest: '', event: 'x', event_payload: '' };

describe('limits', () => {
  it('1,024 events are read, one more is refused', () => {
    assert.equal(parseEventLog(JSON.stringify(Array(1_024).fill(event))).length, 1_024);
    assert.throws(() => parseEventLog(JSON.stringify(Array(1_025).fill(event))), { code: 'EVENT_LOG_MALFORMED' });
  });

  it('an event log has at most 1 MiB', () =>
    assert.throws(() => parseEventLog(`[${' '.repeat(megabyte)}]`), { code: 'EVENT_LOG_MALFORMED' }));

  it('app-compose.json has at most 1 MiB', () =>
    assert.throws(() => parseAppCompose(`{${' '.repeat(megabyte)}}`), { code: 'COMPOSE_MALFORMED' }));

  it('a policy has at most 1 MiB', () =>
    assert.rejects(parsePolicy(`{${' '.repeat(megabyte)}}`), { code: 'POLICY_MALFORMED' }));

  it('a statement has at most 64 KiB', () =>
    assert.throws(() => parseStatement(new Uint8Array(65_537)), { code: 'STATEMENT_REFUSED' }));

  it('a chain has at most 16 KiB', () =>
    assert.throws(() => readPem(' '.repeat(16_385), 'a chain'), { code: 'CERT_MALFORMED' }));

  it('a CRL has at most 1 MiB', () =>
    assert.throws(() => parseCrl(new Uint8Array(megabyte + 1), 'a CRL'), { code: 'CRL_MALFORMED' }));

  it('each part of the collateral has at most 1 MiB, and all of it 4', () => {
    assert.throws(() => parseCollateral(JSON.stringify({ tcb_info: ' '.repeat(megabyte + 1) })), {
      code: 'COLLATERAL_MALFORMED',
    });
    assert.throws(() => parseCollateral(' '.repeat(4 * megabyte + 1)), { code: 'COLLATERAL_MALFORMED' });
  });

  it('collateral with a property that is not known, or one that is there twice, is refused', () => {
    assert.throws(() => parseCollateral('{"tcbinfo":""}'), { code: 'COLLATERAL_MALFORMED' });
    assert.throws(() => parseCollateral('{"tcb_info":"","tcb_info":""}'), { code: 'COLLATERAL_MALFORMED' });
  });

  it('certificates have one form of base64', async () => {
    const editCollateral = (all: Record<string, string>) => ({
      ...all,
      tcb_info_issuer_chain: (all['tcb_info_issuer_chain'] ?? '').replace('\n-----END', '=\n-----END'),
    });
    await assert.rejects(verifyQuote(createMockCase({ editCollateral })), { code: 'CERT_MALFORMED' });
  });

  it('what is not even of its type is refused too, by a code', async () => {
    const wrong = { quote: 'x' as never, collateral: 5 as never, now: 'y' as never };
    await assert.rejects(verifyQuote(wrong), { name: 'AttestationError' });
  });
});
