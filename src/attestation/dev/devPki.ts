// A PKI in the shape of Intel's, made anew at each start: it signs quotes that verify under its own root, and prove nothing.
import type { Random } from '../../random.js';
import { createCrl, signingKey } from '../pki/createCertificate.js';
import { pem } from '../pki/derWriter.js';
import { p256KeyOf } from '../pki/p256KeyOf.js';
import { createMockCertificates, createMockCollateral, mockNames, mockPlatform, mockQe, mockTd } from './mockIntel.js';
import { createQuote, type MockTd } from './mockQuote.js';
import { mockQeIdentity, mockTcbInfo } from './mockTcb.js';

export interface DevPki {
  /** DER. */
  readonly root: Buffer;
  quote(td: MockTd): Uint8Array;
  /** QuoteCollateralV3, valid at `now` (ms). */
  collateral(now: number): Readonly<Record<string, string>>;
}

const day = 86_400;
/** Certificates outlive any process of a developer (s). */
const certificatesFor = 3_650 * day;
/** As long as Intel's, and signed anew so often that there is always most of it left (s). */
const collateralFor = 30 * day;
/** The clock of a verifier may be somewhat behind (s). */
const slack = day;

/** `now` in ms. */
export function createDevPki(now: number, random: Random): DevPki {
  const createKey = () => signingKey(p256KeyOf(random.bytes(32)));
  const startedAt = Math.floor(now / 1000);
  const keys = {
    root: createKey(),
    pckCa: createKey(),
    pckLeaf: createKey(),
    signer: createKey(),
    attestation: createKey(),
  };
  const certificates = createMockCertificates({
    keys,
    notBefore: startedAt - slack,
    notAfter: startedAt + certificatesFor,
    platform: mockPlatform,
  });
  const pckChain = [certificates.pckLeaf, certificates.pckCa, certificates.root].map(pem).join('');
  let collateral: { readonly issuedAt: number; readonly set: Readonly<Record<string, string>> } | undefined;

  function issue(issuedAt: number): Readonly<Record<string, string>> {
    const window = { issuedAt: issuedAt - slack, nextUpdateAt: issuedAt + collateralFor };
    const times = { thisUpdate: window.issuedAt, nextUpdate: window.nextUpdateAt, revoked: [] };
    const crl = (issuer: 'root' | 'pckCa') =>
      createCrl({ issuerName: mockNames[issuer], issuerKey: keys[issuer], ...times });
    return createMockCollateral({
      certificates,
      rootCrl: crl('root'),
      pckCrl: crl('pckCa'),
      tcbInfo: JSON.stringify(mockTcbInfo(window)),
      qeIdentity: JSON.stringify(mockQeIdentity(window)),
      signer: keys.signer,
    });
  }

  return {
    root: certificates.root,
    quote: (td) =>
      new Uint8Array(
        createQuote({
          version: 4,
          body: 'TD 1.0',
          td: { ...mockTd, ...td },
          qe: mockQe,
          attestationKey: keys.attestation,
          pckKey: keys.pckLeaf,
          pckChain,
        }),
      ),
    collateral(at) {
      const seconds = Math.floor(at / 1000);
      if (collateral === undefined || Math.abs(seconds - collateral.issuedAt) > day)
        collateral = { issuedAt: seconds, set: issue(seconds) };
      return collateral.set;
    },
  };
}
