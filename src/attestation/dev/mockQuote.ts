// TDX quotes of version 4 and 5 with any content, signed as a quoting enclave signs them.
import { createHash, sign } from 'node:crypto';
import type { SigningKey } from '../pki/createCertificate.js';
import type { TdBody } from '../verify/quote/tdReport.js';

/** By name as in the report. A part is cut or filled with zeros to its size. */
export interface MockTd {
  readonly teeTcbSvn?: string;
  readonly mrSignerSeam?: string;
  readonly seamAttributes?: string;
  readonly tdAttributes?: string;
  readonly mrTd?: string;
  readonly mrConfigId?: string;
  readonly rtmr0?: string;
  readonly rtmr1?: string;
  readonly rtmr2?: string;
  readonly rtmr3?: string;
  readonly reportData?: string;
  readonly teeTcbSvn2?: string;
  readonly mrServiceTd?: string;
}

const offsets: Readonly<Record<keyof MockTd, number>> = {
  teeTcbSvn: 0,
  mrSignerSeam: 64,
  seamAttributes: 112,
  tdAttributes: 120,
  mrTd: 136,
  mrConfigId: 184,
  rtmr0: 328,
  rtmr1: 376,
  rtmr2: 424,
  rtmr3: 472,
  reportData: 520,
  teeTcbSvn2: 584,
  mrServiceTd: 600,
};

export interface MockQe {
  readonly mrSigner: string;
  readonly isvProdId: number;
  readonly isvSvn: number;
  readonly miscSelect: string;
  readonly attributes: string;
  readonly authenticationData: Buffer;
  /** What the report says of the attestation key. The right thing when absent. */
  readonly reportData?: string;
  /** Behind the digest. */
  readonly reportDataTail?: string;
}

export interface MockQuoteParameters {
  readonly version: 4 | 5;
  readonly body: TdBody;
  readonly td: MockTd;
  readonly qe: MockQe;
  readonly attestationKey: SigningKey;
  /** Signs instead of the key that is named. */
  readonly signingKey?: SigningKey;
  readonly pckKey: SigningKey;
  readonly pckChain: string;
  readonly vendor?: string;
  readonly attestationKeyType?: number;
  readonly teeType?: number;
  readonly certificationType?: number;
  readonly pckChainType?: number;
}

const bodies = {
  'TD 1.0': { type: 2, size: 584 },
  'TD 1.5': { type: 3, size: 648 },
  'TD 1.5-Ex': { type: 4, size: 885 },
};

const u16 = (value: number) => Buffer.of(value & 0xff, value >>> 8);
const u32 = (value: number) => Buffer.concat([u16(value & 0xffff), u16(value >>> 16)]);
const raw = (bytes: Buffer, { privateKey }: SigningKey) =>
  sign('sha256', bytes, { key: privateKey, dsaEncoding: 'ieee-p1363' });

export function createQuote(of: MockQuoteParameters): Buffer {
  const { type, size } = bodies[of.body];
  const header = Buffer.concat([
    u16(of.version),
    u16(of.attestationKeyType ?? 2),
    u32(of.teeType ?? 0x81),
    u32(0),
    Buffer.from(of.vendor ?? '939a7233f79c4ca9940a0db3957f0607', 'hex'),
    Buffer.alloc(20, 7),
  ]);
  const described = of.version === 5 ? Buffer.concat([u16(type), u32(size)]) : Buffer.alloc(0);
  const signed = Buffer.concat([header, described, tdOf(of.td, size)]);
  const qeReport = qeReportOf(of.qe, of.attestationKey);
  const inner = Buffer.concat([
    qeReport,
    raw(qeReport, of.pckKey),
    u16(of.qe.authenticationData.byteLength),
    of.qe.authenticationData,
    u16(of.pckChainType ?? 5),
    u32(Buffer.byteLength(of.pckChain)),
    Buffer.from(of.pckChain),
  ]);
  const data = Buffer.concat([
    raw(signed, of.signingKey ?? of.attestationKey),
    of.attestationKey.point,
    u16(of.certificationType ?? 6),
    u32(inner.byteLength),
    inner,
  ]);
  return Buffer.concat([signed, u32(data.byteLength), data]);
}

function tdOf(td: MockTd, size: number): Buffer {
  const body = Buffer.alloc(size);
  for (const [name, hex] of Object.entries(td)) body.write(hex, offsets[name as keyof MockTd], 'hex');
  return body;
}

function qeReportOf(qe: MockQe, { point }: SigningKey): Buffer {
  const report = Buffer.alloc(384);
  report.write(qe.miscSelect, 16, 'hex');
  report.write(qe.attributes, 48, 'hex');
  report.write(qe.mrSigner, 128, 'hex');
  report.writeUInt16LE(qe.isvProdId, 256);
  report.writeUInt16LE(qe.isvSvn, 258);
  const digest = createHash('sha256').update(point).update(qe.authenticationData).digest('hex');
  report.write(qe.reportData ?? digest, 320, 'hex');
  report.write(qe.reportDataTail ?? '', 352, 'hex');
  return report;
}
