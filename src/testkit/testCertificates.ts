// Certificates for tests. What they are: tls/README.md.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export type CertificateName = 'server' | 'server-renewed' | 'server-expired' | 'client' | 'stranger';

/** The file under `src`, from compiled tests too: PEM files are not copied by the compiler. */
export const certificateFile = (name: CertificateName | 'test-ca', part: 'cert' | 'key' = 'cert'): string =>
  fileURLToPath(new URL(`../../src/testkit/tls/${name}${part === 'key' ? '-key' : ''}.pem`, import.meta.url));

/** PEM texts. */
export const certificateOf = (name: CertificateName): { cert: string; key: string } => ({
  cert: readFileSync(certificateFile(name), 'utf8'),
  key: readFileSync(certificateFile(name, 'key'), 'utf8'),
});

export const testCa = (): string => readFileSync(certificateFile('test-ca'), 'utf8');
