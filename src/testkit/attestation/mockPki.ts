// A PKI like Intel's with a root of its own: quote, collateral, time and root of one case, everything right but for what a test changes.
import { createHash, generateKeyPairSync } from 'node:crypto';
import {
  type CertificateChanges,
  createMockCertificates,
  createMockCollateral,
  type MockPlatform,
  mockNames,
  mockPlatform,
  mockQe,
  mockTd,
} from '../../attestation/dev/mockIntel.js';
import { createQuote, type MockQe, type MockQuoteParameters, type MockTd } from '../../attestation/dev/mockQuote.js';
import { type MockQeIdentity, type MockTcbInfo, mockQeIdentity, mockTcbInfo } from '../../attestation/dev/mockTcb.js';
import { type CrlParameters, createCrl, type SigningKey, signingKey } from '../../attestation/pki/createCertificate.js';
import { pem } from '../../attestation/pki/derWriter.js';
import type { TdBody } from '../../attestation/verify/quote/tdReport.js';

const createKey = () => signingKey(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey);

/** Keys take time to make, and none of them is worth anything. */
export const mockKeys = {
  root: createKey(),
  pckCa: createKey(),
  pckLeaf: createKey(),
  signer: createKey(),
  attestation: createKey(),
  stranger: createKey(),
};

const day = 86_400;
/** 2026-06-01T00:00:00Z, a time at which everything is valid. */
export const mockNow = 1_780_272_000;

type CollateralText = Record<string, string>;

/** What a case has different. */
export interface MockChanges {
  readonly now?: number;
  readonly certificates?: CertificateChanges;
  readonly platform?: Partial<MockPlatform>;
  readonly rootCrl?: Partial<CrlParameters>;
  readonly pckCrl?: Partial<CrlParameters>;
  readonly tcbInfo?: (tcbInfo: MockTcbInfo) => void;
  readonly qeIdentity?: (identity: MockQeIdentity) => void;
  /** Of the text, after it was made and before it is signed. */
  readonly tcbInfoText?: (text: string) => string;
  /** Signs TCB info and QE identity. */
  readonly collateralKey?: SigningKey;
  readonly version?: 4 | 5;
  readonly body?: TdBody;
  readonly td?: MockTd;
  readonly qe?: Partial<MockQe>;
  readonly quote?: Partial<MockQuoteParameters>;
  readonly pckChain?: (chain: readonly Buffer[]) => string;
  /** Of the whole, after all was signed. */
  readonly editQuote?: (quote: Buffer) => Buffer;
  readonly editCollateral?: (collateral: CollateralText) => CollateralText;
}

export interface MockCase {
  readonly quote: Uint8Array;
  /** QuoteCollateralV3. */
  readonly collateral: string;
  readonly now: number;
  readonly roots: readonly string[];
  readonly rootDer: Buffer;
}

export const goodTd: MockTd = {
  ...mockTd,
  mrTd: 'a1'.repeat(48),
  rtmr0: 'a2'.repeat(48),
  rtmr1: 'a3'.repeat(48),
  rtmr2: 'a4'.repeat(48),
  rtmr3: 'a5'.repeat(48),
  reportData: 'd0'.repeat(64),
};

const createCertificates = ({ certificates, platform }: MockChanges) =>
  createMockCertificates({
    keys: mockKeys,
    notBefore: mockNow - 1000 * day,
    notAfter: mockNow + 1000 * day,
    platform: { ...mockPlatform, ...platform },
    changes: certificates ?? {},
  });

/** One root for all cases that change no certificate, so that a verifier can be given it once. */
let usual: ReturnType<typeof createCertificates> | undefined;

export function createMockCase(changes: MockChanges = {}): MockCase {
  const isUsual = changes.certificates === undefined && changes.platform === undefined;
  usual ??= createCertificates({});
  const certificates = isUsual ? usual : createCertificates(changes);
  const version = changes.version ?? 4;
  const body = changes.body ?? (version === 4 ? 'TD 1.0' : 'TD 1.5');
  const later = body === 'TD 1.0' ? {} : { teeTcbSvn2: goodTd.teeTcbSvn ?? '' };
  const chain = [certificates.pckLeaf, certificates.pckCa, certificates.root];
  const quote = createQuote({
    version,
    body,
    td: { ...goodTd, ...later, ...changes.td },
    qe: { ...mockQe, ...changes.qe },
    attestationKey: mockKeys.attestation,
    pckKey: mockKeys.pckLeaf,
    pckChain: changes.pckChain?.(chain) ?? `${chain.map(pem).join('')}\0`,
    ...changes.quote,
  });
  const collateral = createCollateral(changes, certificates);
  return {
    quote: new Uint8Array(changes.editQuote?.(quote) ?? quote),
    collateral: JSON.stringify(changes.editCollateral?.(collateral) ?? collateral),
    now: changes.now ?? mockNow,
    roots: [createHash('sha256').update(certificates.root).digest('hex')],
    rootDer: certificates.root,
  };
}

function createCollateral(
  changes: MockChanges,
  certificates: ReturnType<typeof createMockCertificates>,
): CollateralText {
  const window = { issuedAt: mockNow - day, nextUpdateAt: mockNow + 29 * day };
  const times = { thisUpdate: window.issuedAt, nextUpdate: window.nextUpdateAt, revoked: [] };
  const tcbInfo = mockTcbInfo(window);
  changes.tcbInfo?.(tcbInfo);
  const qeIdentity = mockQeIdentity(window);
  changes.qeIdentity?.(qeIdentity);
  const tcbText = changes.tcbInfoText?.(JSON.stringify(tcbInfo)) ?? JSON.stringify(tcbInfo);
  const crl = (issuer: 'root' | 'pckCa', more: Partial<CrlParameters> = {}) =>
    createCrl({
      issuerName: changes.certificates?.[issuer]?.commonName ?? mockNames[issuer],
      issuerKey: mockKeys[issuer],
      ...times,
      ...more,
    });
  return createMockCollateral({
    certificates,
    rootCrl: crl('root', changes.rootCrl),
    pckCrl: crl('pckCa', changes.pckCrl),
    tcbInfo: tcbText,
    qeIdentity: JSON.stringify(qeIdentity),
    signer: changes.collateralKey ?? mockKeys.signer,
  });
}
