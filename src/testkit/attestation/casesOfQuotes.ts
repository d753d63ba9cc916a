// Rules V1 to V3, V16, V17 and V20: the quote itself.
import { type AttestationCase, upToDate } from './attestationCase.js';
import { mockKeys } from './mockPki.js';

const splice = (at: number, hex: string) => (quote: Buffer) => {
  const copy = Buffer.from(quote);
  copy.write(hex, at, 'hex');
  return copy;
};
const append = (hex: string) => (quote: Buffer) => Buffer.concat([quote, Buffer.from(hex, 'hex')]);
const signatureLengthAt = 48 + 584;
const laxEnd = 'accepts: it looks at neither the end of the quote nor that of its signature data';

export const casesOfQuotes: readonly AttestationCase[] = [
  ...[Number.NaN, 0, -1, Number.POSITIVE_INFINITY].map(
    (now): AttestationCase => ({
      title: `V1: a time of ${now} is none`,
      changes: { now },
      expected: 'CLOCK_UNUSABLE',
      oracle: 'not asked',
    }),
  ),
  { title: 'V2: a version 4 quote verifies', changes: {}, expected: upToDate },
  {
    title: 'V2: a version 5 quote with a TD 1.0 body verifies',
    changes: { version: 5, body: 'TD 1.0' },
    expected: upToDate,
  },
  { title: 'V2: a version 5 quote with a TD 1.5 body verifies', changes: { version: 5 }, expected: upToDate },
  {
    title: 'V2: a version 5 quote with a TD 1.5-Ex body verifies',
    changes: { version: 5, body: 'TD 1.5-Ex' },
    expected: upToDate,
  },
  { title: 'V2: zeros behind the quote are cut', changes: { editQuote: append('00'.repeat(70)) }, expected: upToDate },
  {
    title: 'V2: anything else behind the quote is refused',
    changes: { editQuote: append('0001') },
    expected: 'QUOTE_MALFORMED',
    oracle: laxEnd,
  },
  {
    title: 'V2: a quote has at most 16 KiB, zeros included',
    changes: { editQuote: (quote) => Buffer.concat([quote, Buffer.alloc(16_385 - quote.byteLength)]) },
    expected: 'QUOTE_MALFORMED',
    oracle: laxEnd,
  },
  {
    title: 'V2: a quote that is cut is refused',
    changes: { editQuote: (quote) => quote.subarray(0, -1) },
    expected: 'QUOTE_MALFORMED',
  },
  {
    title: 'V2: a quote that ends in its header is refused',
    changes: { editQuote: (quote) => quote.subarray(0, 40) },
    expected: 'QUOTE_MALFORMED',
  },
  {
    title: 'V2: a quote that ends in its body is refused',
    changes: { editQuote: (quote) => quote.subarray(0, 600) },
    expected: 'QUOTE_MALFORMED',
  },
  {
    title: 'V2: a signature length that takes a zero more is refused',
    changes: {
      editQuote: (quote) => {
        const longer = Buffer.concat([quote, Buffer.of(0)]);
        longer.writeUInt32LE(quote.readUInt32LE(signatureLengthAt) + 1, signatureLengthAt);
        return longer;
      },
    },
    expected: 'QUOTE_MALFORMED',
    oracle: laxEnd,
  },
  {
    title: 'V2: a body whose size is not that of its type is refused',
    changes: { version: 5, editQuote: splice(50, '89020000') },
    expected: 'QUOTE_MALFORMED',
  },
  { title: 'V3: version 3 is not read', changes: { editQuote: splice(0, '0300') }, expected: 'QUOTE_UNSUPPORTED' },
  {
    title: 'V3: an attestation key of another type is not read',
    changes: { quote: { attestationKeyType: 3 } },
    expected: 'QUOTE_UNSUPPORTED',
  },
  { title: 'V3: a quote of SGX is of the wrong type', changes: { quote: { teeType: 0 } }, expected: 'TEE_TYPE_WRONG' },
  {
    title: 'V3: the body of an enclave is of the wrong type',
    changes: { version: 5, editQuote: splice(48, '0100') },
    expected: 'TEE_TYPE_WRONG',
  },
  {
    title: 'V3: a body type that is to come is not read',
    changes: { version: 5, editQuote: splice(48, '0500') },
    expected: 'QUOTE_UNSUPPORTED',
  },
  {
    title: 'V3: a quoting enclave of another vendor is not read',
    changes: { quote: { vendor: 'ee'.repeat(16) } },
    expected: 'QUOTE_UNSUPPORTED',
  },
  {
    title: 'V3: certification data of another type is not read',
    changes: { quote: { certificationType: 7 } },
    expected: 'QUOTE_UNSUPPORTED',
    oracle: 'accepts: it reads the outer type as 6, whatever it says',
  },
  {
    title: 'V3: a PCK certificate that is not given as a chain is not read',
    changes: { quote: { pckChainType: 3 } },
    expected: 'QUOTE_UNSUPPORTED',
  },
  {
    title: 'V16: a report of the quoting enclave that another key signed is refused',
    changes: { quote: { pckKey: mockKeys.stranger } },
    expected: 'QE_SIGNATURE_INVALID',
  },
  {
    title: 'V17: a report that names another attestation key is refused',
    changes: { qe: { reportData: 'ab'.repeat(32) } },
    expected: 'QE_BINDING_INVALID',
  },
  {
    title: 'V17: the second half of the report data must be zero',
    changes: { qe: { reportDataTail: '01' } },
    expected: 'QE_BINDING_INVALID',
    oracle: 'accepts: it looks at the first half only',
  },
  {
    title: 'V17: authentication data may have another length than 32',
    changes: { qe: { authenticationData: Buffer.from('any', 'ascii') } },
    expected: upToDate,
    oracle: 'refuses: it reads 32 bytes and no other length',
  },
  {
    title: 'V17: authentication data is part of what the report names',
    changes: { editQuote: (quote) => splice(quote.indexOf(Buffer.from('000102030405', 'hex')), 'ff')(quote) },
    expected: 'QE_BINDING_INVALID',
  },
  {
    title: 'V20: a quote that another key signed is refused',
    changes: { quote: { signingKey: mockKeys.stranger } },
    expected: 'QUOTE_SIGNATURE_INVALID',
  },
  {
    title: 'V20: a quote whose measurements were changed is refused',
    changes: { editQuote: splice(48 + 136, 'ff') },
    expected: 'QUOTE_SIGNATURE_INVALID',
  },
  {
    title: 'V20: an attestation key that is no point of the curve is refused',
    changes: { quote: { attestationKey: { ...mockKeys.attestation, point: Buffer.alloc(64, 5) } } },
    expected: 'QUOTE_SIGNATURE_INVALID',
  },
];
