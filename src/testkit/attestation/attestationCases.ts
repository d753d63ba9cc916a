// Every case of rules V1 to V24.
import type { AttestationCase } from './attestationCase.js';
import { casesOfCertificates } from './casesOfCertificates.js';
import { casesOfCollateral } from './casesOfCollateral.js';
import { casesOfQuotes } from './casesOfQuotes.js';
import { casesOfTcb } from './casesOfTcb.js';
import { createMockCase, type MockCase } from './mockPki.js';

export const attestationCases: readonly AttestationCase[] = [
  ...casesOfQuotes,
  ...casesOfCertificates,
  ...casesOfCollateral,
  ...casesOfTcb,
];

/** Of nothing. */
const unknownRoot = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

export function createCase({ changes, isRootUnknown }: AttestationCase): MockCase {
  const created = createMockCase(changes);
  return isRootUnknown ? { ...created, roots: [unknownRoot] } : created;
}
