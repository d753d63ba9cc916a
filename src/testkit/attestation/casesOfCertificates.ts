// Rules V4 to V11: chains and CRLs.

import { mockSerials } from '../../attestation/dev/mockIntel.js';
import { extension, type SigningKey } from '../../attestation/pki/createCertificate.js';
import { pem } from '../../attestation/pki/derWriter.js';
import { type AttestationCase, upToDate } from './attestationCase.js';
import { type MockChanges, mockKeys, mockNow } from './mockPki.js';

const pemOf = (chain: readonly Buffer[]) => chain.map(pem).join('');

/** The leaf's DER, edited after it was signed. */
const leafDer = (edit: (der: Buffer) => Buffer): MockChanges => ({
  pckChain: ([leaf, ...rest]) => pemOf([edit(leaf as Buffer), ...rest]),
});
const leaf = (more: NonNullable<NonNullable<MockChanges['certificates']>['pckLeaf']>): MockChanges => ({
  certificates: { pckLeaf: more },
});
const collateral = (name: string, value: (old: string) => string): MockChanges => ({
  editCollateral: (all) => ({ ...all, [name]: value(all[name] ?? '') }),
});
const own = 'accepts: it knows no names of certificates';
const strange = (key: SigningKey = mockKeys.stranger) => ({ issuerKey: key });

export const casesOfCertificates: readonly AttestationCase[] = [
  {
    title: 'V4: text between certificates is refused',
    changes: { pckChain: (chain) => chain.map(pem).join('see below\n') },
    expected: 'CERT_MALFORMED',
    oracle: 'accepts: it passes over what is between certificates',
  },
  {
    title: 'V4: a PCK chain of two certificates is refused',
    changes: { pckChain: (chain) => pemOf(chain.slice(0, 2)) },
    expected: 'CERT_MALFORMED',
    oracle: 'accepts: it has the root already',
  },
  {
    title: 'V4: a byte behind a certificate is refused',
    changes: leafDer((der) => Buffer.concat([der, Buffer.of(0)])),
    expected: 'CERT_MALFORMED',
  },
  {
    title: 'V4: a length that could be shorter is refused',
    changes: leafDer((der) => Buffer.concat([Buffer.of(0x30, 0x83, 0), der.subarray(2)])),
    expected: 'CERT_MALFORMED',
  },
  {
    title: 'V4: an indefinite length is refused',
    changes: leafDer((der) => Buffer.concat([Buffer.of(0x30, 0x80), der.subarray(4), Buffer.alloc(2)])),
    expected: 'CERT_MALFORMED',
  },
  {
    title: 'V4: an extension that is there twice is refused',
    changes: leaf({ extensions: [extension('1.2.3', Buffer.of(5, 0)), extension('1.2.3', Buffer.of(5, 0))] }),
    expected: 'CERT_MALFORMED',
  },
  {
    title: 'V4: a critical extension that is not known is refused',
    changes: leaf({ extensions: [extension('1.2.3', Buffer.of(5, 0), true)] }),
    expected: 'CERT_MALFORMED',
  },
  {
    title: 'V4: a PCK certificate without Intel’s extension is refused',
    changes: leaf({ extensions: [] }),
    expected: 'CERT_MALFORMED',
  },
  { title: 'V5: a chain to another root is refused', changes: {}, isRootUnknown: true, expected: 'CERT_CHAIN_INVALID' },
  {
    title: 'V5: a signer’s chain without its root is refused',
    changes: collateral('tcb_info_issuer_chain', (chain) => chain.slice(0, chain.indexOf('-----END') + 26)),
    expected: 'CERT_MALFORMED',
    oracle: 'accepts: it has the root already',
  },
  {
    title: 'V6: a leaf of another name is refused',
    changes: leaf({ commonName: 'Intel SGX TCB Signing' }),
    expected: 'CERT_CHAIN_INVALID',
    oracle: own,
  },
  { title: 'V6: a leaf that is a CA is refused', changes: leaf({ isCa: true }), expected: 'CERT_CHAIN_INVALID' },
  {
    title: 'V6: a signer of another name is refused',
    changes: { certificates: { signer: { commonName: 'Intel SGX PCK Certificate' } } },
    expected: 'CERT_CHAIN_INVALID',
    oracle: own,
  },
  {
    title: 'V6: an issuer that is no CA is refused',
    changes: { certificates: { pckCa: { isCa: false } } },
    expected: 'CERT_CHAIN_INVALID',
  },
  {
    title: 'V6: a leaf that names another issuer is refused',
    changes: leaf({ issuerName: 'Intel SGX Root CA' }),
    expected: 'CERT_CHAIN_INVALID',
  },
  { title: 'V6: a leaf that another key signed is refused', changes: leaf(strange()), expected: 'CERT_CHAIN_INVALID' },
  {
    title: 'V6: a CA that another key signed is refused',
    changes: { certificates: { pckCa: strange() } },
    expected: 'CERT_CHAIN_INVALID',
  },
  {
    title: 'V7: a leaf that has ended is refused',
    changes: leaf({ notAfter: mockNow - 1 }),
    expected: 'CERT_NOT_VALID_NOW',
  },
  { title: 'V7: a leaf holds to its last second', changes: leaf({ notAfter: mockNow }), expected: upToDate },
  {
    title: 'V7: a leaf that has not begun is refused',
    changes: leaf({ notBefore: mockNow + 1 }),
    expected: 'CERT_NOT_VALID_NOW',
  },
  {
    title: 'V7: a signer that has ended is refused',
    changes: { certificates: { signer: { notAfter: mockNow - 1 } } },
    expected: 'CERT_NOT_VALID_NOW',
  },
  {
    title: 'V7: a root that has ended is refused',
    changes: { certificates: { root: { notAfter: mockNow - 1 } } },
    expected: 'CERT_NOT_VALID_NOW',
    oracle: 'accepts: it does not look at the root’s own dates',
  },
  { title: 'V8: an empty root CRL is none', changes: collateral('root_ca_crl', () => ''), expected: 'CRL_MISSING' },
  { title: 'V8: an empty PCK CRL is none', changes: collateral('pck_crl', () => ''), expected: 'CRL_MISSING' },
  {
    title: 'V8: a CRL that is no DER is refused',
    changes: collateral('pck_crl', () => 'deadbeef'),
    expected: 'CRL_MALFORMED',
  },
  {
    title: 'V8: a byte behind a CRL is refused',
    changes: collateral('pck_crl', (crl) => `${crl}00`),
    expected: 'CRL_MALFORMED',
  },
  {
    title: 'V9: a root CRL that another key signed is refused',
    changes: { rootCrl: strange() },
    expected: 'CRL_SIGNATURE_INVALID',
  },
  {
    title: 'V9: a PCK CRL that another key signed is refused',
    changes: { pckCrl: strange() },
    expected: 'CRL_SIGNATURE_INVALID',
  },
  {
    title: 'V9: a PCK CRL of another CA says nothing',
    changes: { pckCrl: { issuerName: 'Intel SGX PCK Processor CA' } },
    expected: 'CRL_MISSING',
  },
  {
    title: 'V9: a root CRL in place of the PCK CRL says nothing',
    changes: { pckCrl: { issuerName: 'Intel SGX Root CA', issuerKey: mockKeys.root } },
    expected: 'CRL_MISSING',
  },
  {
    title: 'V9: a PCK CRL without its issuer’s chain is refused',
    changes: collateral('pck_crl_issuer_chain', () => ''),
    expected: 'CERT_MALFORMED',
    oracle: 'accepts: it does not look at that chain',
  },
  {
    title: 'V9: the issuer’s chain of another CA is refused',
    changes: { editCollateral: (all) => ({ ...all, pck_crl_issuer_chain: all['tcb_info_issuer_chain'] ?? '' }) },
    expected: 'CERT_CHAIN_INVALID',
    oracle: 'accepts: it does not look at that chain',
  },
  {
    title: 'V10: a CRL that has ended is refused',
    changes: { pckCrl: { nextUpdate: mockNow - 1 } },
    expected: 'CRL_NOT_VALID_NOW',
  },
  {
    title: 'V10: a root CRL that has ended is refused',
    changes: { rootCrl: { nextUpdate: mockNow - 1 } },
    expected: 'CRL_NOT_VALID_NOW',
  },
  {
    title: 'V10: a CRL that is to come is refused',
    changes: { pckCrl: { thisUpdate: mockNow + 1 } },
    expected: 'CRL_NOT_VALID_NOW',
    oracle: 'accepts: it looks at the end only',
  },
  {
    title: 'V10: a CRL without an end is refused',
    changes: { pckCrl: { nextUpdate: undefined } },
    expected: 'CRL_NOT_VALID_NOW',
  },
  {
    title: 'V11: a PCK certificate that its CA has revoked is refused',
    changes: { pckCrl: { revoked: [7, mockSerials.pckLeaf] } },
    expected: 'CERT_REVOKED',
  },
  {
    title: 'V11: a PCK CA that the root has revoked is refused',
    changes: { rootCrl: { revoked: [mockSerials.pckCa] } },
    expected: 'CERT_REVOKED',
  },
  {
    title: 'V11: a signer that the root has revoked is refused',
    changes: { rootCrl: { revoked: [mockSerials.signer] } },
    expected: 'CERT_REVOKED',
  },
  {
    title: 'V11: a root that has revoked itself is refused',
    changes: { rootCrl: { revoked: [mockSerials.root] } },
    expected: 'CERT_REVOKED',
  },
  {
    title: 'V11: serials that others have revoked do not count',
    changes: {
      pckCrl: { revoked: [mockSerials.pckCa, mockSerials.signer] },
      rootCrl: { revoked: [mockSerials.pckLeaf] },
    },
    expected: upToDate,
  },
  {
    title: 'V11: a serial is compared without the zero of its sign',
    changes: { certificates: { pckLeaf: { serial: 0xff } }, pckCrl: { revoked: [0xff] } },
    expected: 'CERT_REVOKED',
  },
];
