// Quotes and collateral that Intel signed: the crate dcap-qvl brings them along, and cargo knows where it lies.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AttestationCode } from '../../attestation/verify/failure.js';
import type { VerifiedAs } from './attestationCase.js';

export interface Sample {
  readonly title: string;
  readonly quote: string;
  readonly collateral: string;
  /** Seconds since 1970: the collateral holds for a month. */
  readonly now: number;
  readonly expected: VerifiedAs | AttestationCode;
}

const june2025 = 1_750_377_600;
const february2026 = 1_772_000_000;
const october2026 = 1_791_763_200;

export const samples: readonly Sample[] = [
  {
    title: 'version 4, TD 1.0',
    quote: 'tdx_quote',
    collateral: 'tdx_quote_collateral.json',
    now: june2025,
    expected: { status: 'UpToDate', tcbDate: '2024-03-13T00:00:00Z', advisories: [] },
  },
  {
    title: 'the same 16 months later',
    quote: 'tdx_quote',
    collateral: 'tdx_quote_td15ex_collateral.json',
    now: october2026,
    expected: {
      status: 'OutOfDate',
      tcbDate: '2025-05-14T00:00:00Z',
      advisories: ['INTEL-SA-01192', 'INTEL-SA-01245', 'INTEL-SA-01312', 'INTEL-SA-01313'],
    },
  },
  {
    title: 'version 5, TD 1.5-Ex',
    quote: 'tdx_quote_td15ex',
    collateral: 'tdx_quote_td15ex_collateral.json',
    now: october2026,
    expected: { status: 'UpToDate', tcbDate: '2025-08-13T00:00:00Z', advisories: [] },
  },
  {
    title: 'version 5, TD 1.5, below all levels',
    quote: 'tdx_quote_outdated',
    collateral: 'tdx_quote_outdated_collateral.json',
    now: february2026,
    expected: 'TCB_LEVEL_NONE',
  },
  {
    title: 'a platform below all levels',
    quote: 'quote-from-tappd.hex',
    collateral: 'tdx_quote_collateral.json',
    now: june2025,
    expected: 'TCB_LEVEL_NONE',
  },
  {
    title: 'the same with 0x before its hex',
    quote: 'tdx-quote.hex',
    collateral: 'tdx_quote_collateral.json',
    now: june2025,
    expected: 'TCB_LEVEL_NONE',
  },
  {
    title: 'collateral of another platform',
    quote: 'tdx_quote',
    collateral: 'tdx_quote_outdated_collateral.json',
    now: february2026,
    expected: 'COLLATERAL_MISMATCH',
  },
];

/** Of an SGX enclave, version 3. The crate verifies it, and we do not. */
export const sgxSample = 'sgx_quote';

/** The folder of the crate's samples. Needs cargo, and the registry when the crate was not fetched here before. */
export function findSamples(): string {
  const manifest = fileURLToPath(new URL('../../../oracle/Cargo.toml', import.meta.url));
  const args = ['metadata', '--format-version', '1', '--locked', '--manifest-path', manifest];
  const { packages } = JSON.parse(execFileSync('cargo', args, { encoding: 'utf8', maxBuffer: 1 << 28 }));
  const crate = packages.find(({ name }: { name: string }) => name === 'dcap-qvl');
  return join(dirname(crate.manifest_path), 'sample');
}

/** Raw, or hex with or without 0x. */
export function readQuoteFile(path: string): Uint8Array {
  const bytes = readFileSync(path);
  const text = bytes.toString('latin1').trim().replace(/^0x/, '');
  return new Uint8Array(path.endsWith('.hex') ? Buffer.from(text, 'hex') : bytes);
}
