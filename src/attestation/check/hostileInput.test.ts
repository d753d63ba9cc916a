// Whatever a target, a file or an agent sends: one of the closed list of codes, or what was asked for. Never another error, and never a long wait.
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import fc from 'fast-check';
import { mockEvidence } from '../../testkit/attestation/fakeTarget.js';
import { AttestationError } from '../verify/failure.js';
import { parseEvidence } from '../verify/report/parseEvidence.js';
import { composeOfInfo } from './target/info.js';
import { parseManifest } from './target/manifest.js';
import { parseBinding } from './target/parseBinding.js';
import { parseQuoteAnswer } from './target/quoteAnswer.js';
import { readQuote } from './target/readQuote.js';

const bytesOf = (text: string) => new Uint8Array(Buffer.from(text));
const readers: Readonly<Record<string, (text: string) => unknown>> = {
  evidence: parseEvidence,
  'a quote’s file': (text) => readQuote(bytesOf(text)),
  'an agent’s answer': parseQuoteAnswer,
  'the list of files': (text) => parseManifest(bytesOf(text)),
  'an agent’s Info': composeOfInfo,
  'the binding header': parseBinding,
};

const good: Record<string, string> = {
  'an agent’s answer': '{"quote":"0400","event_log":"[]","report_data":"","vm_config":""}',
  'a quote’s file': '{"quote":"0400"}',
  'the list of files': `${'ab'.repeat(32)}  acme-account.json\n${'cd'.repeat(32)}  cert-example.org.pem\n`,
  'an agent’s Info': JSON.stringify({ tcb_info: JSON.stringify({ app_compose: '{}' }) }),
  'the binding header': `v=1; spki=${'ab'.repeat(32)}; body=-; nonce=${'cd'.repeat(32)}; statement=-`,
};

/** A character, a piece or the end of it, gone, doubled or exchanged. */
const edits = fc.array(
  fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), size: fc.nat(40), text: fc.string({ maxLength: 8 }) }),
  { maxLength: 4 },
);

describe('input of strangers', () => {
  before(async () => {
    good['evidence'] = JSON.stringify(
      await mockEvidence({ nonce: new Uint8Array(32), spki: new Uint8Array(32).fill(1) }),
    );
  });

  for (const [what, read] of Object.entries(readers)) {
    it(`${what}: is read as it ought to be, and in any other form is what it is or refused by a code`, () => {
      assert.notEqual(read(good[what] ?? ''), undefined);
      const attempt = (text: string) => {
        try {
          read(text);
        } catch (error) {
          assert.ok(error instanceof AttestationError, String(error));
          assert.doesNotMatch(error.detail, /[\p{Cc}\u202e]/u);
        }
      };
      fc.assert(
        fc.property(edits, (changes) => {
          let text = good[what] ?? '';
          for (const { at, size, text: put } of changes) {
            const from = Math.floor(at * text.length);
            text = text.slice(0, from) + put + text.slice(from + size);
          }
          attempt(text);
        }),
        { numRuns: 300 },
      );
      fc.assert(fc.property(fc.oneof(fc.string({ maxLength: 300 }), fc.json({ maxDepth: 4 })), attempt), {
        numRuns: 300,
      });
    });
  }
});
