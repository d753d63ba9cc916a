// Object identifiers of Intel's certificates and CRLs, as the hex of their content.
export const oids = {
  commonName: '550403',
  ecPublicKey: '2a8648ce3d0201',
  p256: '2a8648ce3d030107',
  ecdsaWithSha256: '2a8648ce3d040302',
  subjectKeyIdentifier: '551d0e',
  keyUsage: '551d0f',
  basicConstraints: '551d13',
  crlNumber: '551d14',
  crlDistributionPoints: '551d1f',
  authorityKeyIdentifier: '551d23',
  /** 1.2.840.113741.1.13.1; what it holds has one more arc. */
  sgx: '2a864886f84d010d01',
} as const;
