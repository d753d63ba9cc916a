// What Intel and its platforms are in the real world, made up: names, a platform, its quoting enclave, certificates, collateral. For the
// development provider, and for tests that change parts of it.
import { sign } from 'node:crypto';
import { type CertificateParameters, createCertificate, extension, type SigningKey } from '../pki/createCertificate.js';
import { der, integer, octets, oid, pem, sequence } from '../pki/derWriter.js';
import type { MockQe, MockTd } from './mockQuote.js';

export interface MockPlatform {
  readonly ppid: string;
  readonly cpuSvn: string;
  readonly pceSvn: number;
  readonly pceId: string;
  readonly fmspc: string;
}

export type CertificateName = 'root' | 'pckCa' | 'pckLeaf' | 'signer';
export type CertificateChanges = Readonly<Partial<Record<CertificateName, Partial<CertificateParameters>>>>;

export const mockNames = {
  root: 'Intel SGX Root CA',
  pckCa: 'Intel SGX PCK Platform CA',
  pckLeaf: 'Intel SGX PCK Certificate',
  signer: 'Intel SGX TCB Signing',
} as const;
export const mockSerials = { root: 1, pckCa: 0x80_01, pckLeaf: 0x12_34_56, signer: 4 } as const;

export const mockPlatform: MockPlatform = {
  ppid: '0123456789abcdef0123456789abcdef',
  cpuSvn: `0404${'00'.repeat(14)}`,
  pceSvn: 13,
  pceId: '0000',
  fmspc: 'b0c06f000000',
};

/** Up to date, and closed to its host. */
export const mockTd: MockTd = { teeTcbSvn: `060104${'00'.repeat(13)}`, tdAttributes: '0000001000000000' };

export const mockQe: MockQe = {
  mrSigner: 'dc9e2a7c6f948f17474e34a7fc43ed030f7c1563f1babddf6340c82e0e54a8c5',
  isvProdId: 2,
  isvSvn: 4,
  miscSelect: '00000000',
  attributes: '1100000000000000e700000000000000',
  authenticationData: Buffer.from(Array.from({ length: 32 }, (_, i) => i)),
};

/** Times in seconds since 1970. `changes`: what a test has different. */
export function createMockCertificates(of: {
  readonly keys: Readonly<Record<CertificateName, SigningKey>>;
  readonly notBefore: number;
  readonly notAfter: number;
  readonly platform: MockPlatform;
  readonly changes?: CertificateChanges;
}): Record<CertificateName, Buffer> {
  const { keys, changes = {}, notBefore, notAfter } = of;
  const make = (name: CertificateName, issuer: CertificateName, more: Partial<CertificateParameters> = {}) =>
    createCertificate({
      commonName: mockNames[name],
      key: keys[name],
      issuerName: changes[issuer]?.commonName ?? mockNames[issuer],
      issuerKey: keys[issuer],
      serial: mockSerials[name],
      notBefore,
      notAfter,
      isCa: name === 'root' || name === 'pckCa',
      ...more,
      ...changes[name],
    });
  const sgx = extension('1.2.840.113741.1.13.1', sgxExtension(of.platform));
  return {
    root: make('root', 'root'),
    pckCa: make('pckCa', 'root'),
    pckLeaf: make('pckLeaf', 'pckCa', { extensions: [sgx] }),
    signer: make('signer', 'root'),
  };
}

export function sgxExtension({ ppid, cpuSvn, pceSvn, pceId, fmspc }: MockPlatform): Buffer {
  const base = '1.2.840.113741.1.13.1';
  const entry = (arc: string, value: Buffer) => sequence(oid(`${base}.${arc}`), value);
  const hex = (text: string) => octets(Buffer.from(text, 'hex'));
  const svns = Array.from(Buffer.from(cpuSvn, 'hex'), (svn, i) => entry(`2.${i + 1}`, integer(svn)));
  return sequence(
    entry('1', hex(ppid)),
    entry('2', sequence(...svns, entry('2.17', integer(pceSvn)), entry('2.18', hex(cpuSvn)))),
    entry('3', hex(pceId)),
    entry('4', hex(fmspc)),
    entry('5', der(0x0a, Buffer.of(1))),
  );
}

/** QuoteCollateralV3 of these parts; texts are signed as they are. */
export function createMockCollateral(of: {
  readonly certificates: Readonly<Record<CertificateName, Buffer>>;
  readonly rootCrl: Buffer;
  readonly pckCrl: Buffer;
  readonly tcbInfo: string;
  readonly qeIdentity: string;
  readonly signer: SigningKey;
}): Record<string, string> {
  const { root, pckCa, signer } = of.certificates;
  const key = { key: of.signer.privateKey, dsaEncoding: 'ieee-p1363' as const };
  const signatureOf = (text: string) => sign('sha256', Buffer.from(text), key).toString('hex');
  const chain = (...ders: readonly Buffer[]) => ders.map(pem).join('');
  return {
    pck_crl_issuer_chain: chain(pckCa, root),
    root_ca_crl: of.rootCrl.toString('hex'),
    pck_crl: of.pckCrl.toString('hex'),
    tcb_info_issuer_chain: chain(signer, root),
    tcb_info: of.tcbInfo,
    tcb_info_signature: signatureOf(of.tcbInfo),
    qe_identity_issuer_chain: chain(signer, root),
    qe_identity: of.qeIdentity,
    qe_identity_signature: signatureOf(of.qeIdentity),
  };
}
