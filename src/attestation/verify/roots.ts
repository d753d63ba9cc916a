// What all trust begins with.

/** SHA-256 of the DER of `CN=Intel SGX Root CA`, valid until 2049-12-31. The certificate itself travels in every chain. */
export const intelRoot = '44a0196b2b99f889b8e149e95b807a350e7424964399e885a7cbb8ccfab674d3';
