// By which names the operators' listener may be called. A name of somebody else's that leads here is how strange pages come in (DNS rebinding).
import { X509Certificate } from 'node:crypto';
import { looksLikeHost } from '../../../transport/origin/host.js';

/** Of what looks like a host, only addresses of IPv6 have colons when the port is taken away. */
const isAddress = /^\d{1,3}(\.\d{1,3}){3}$|:/;

/** `certificate`: the one in force (PEM); undefined without TLS. */
export function createOwnHost(certificate: () => string | undefined): (authority: string) => boolean {
  let known: { readonly pem: string; readonly certificate: X509Certificate } | undefined;
  return (authority) => {
    if (!looksLikeHost(authority)) return false;
    const host = authority
      .replace(/:\d{1,5}$/, '')
      .replace(/^\[|\]$/g, '')
      .toLowerCase();
    // Nobody can make an address lead elsewhere, and browsers keep `localhost` on this machine.
    if (isAddress.test(host) || host === 'localhost') return true;
    const pem = certificate();
    if (pem === undefined) return false;
    if (known?.pem !== pem) known = { pem, certificate: new X509Certificate(pem) };
    return known.certificate.checkHost(host) !== undefined;
  };
}
