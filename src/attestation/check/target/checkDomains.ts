// The name check that a policy may add: the key is attested whatever name its certificate has.
import { X509Certificate } from 'node:crypto';
import type { TlsPolicy } from '../../verify/policy/policy.js';
import { type Check, failedCheck } from '../../verify/verdict/checks.js';
import { covers, hostOf } from './appraiseFiles.js';
import type { Shown } from './shown.js';

/** What is wrong, where something is. */
export function checkDomains({ evidence, certificate }: Shown, tls: TlsPolicy | undefined): readonly Check[] {
  const host = hostOf(evidence.target.url);
  const wrong = (detail: string) => [failedCheck('binding.tls_key', 'TLS_KEY_WRONG', detail)];
  if (tls?.domains === undefined || host === undefined || evidence.target.kind === 'quote') return [];
  if (!tls.domains.includes(host)) return wrong(`${host} is not one of the policy’s domains.`);
  if (certificate === undefined) return wrong('The policy lists domains, and the connection has shown no certificate.');
  return covers(new X509Certificate(certificate), host)
    ? []
    : wrong(`The connection’s certificate is not for ${host}.`);
}
