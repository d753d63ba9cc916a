// Certificates in PEM: nothing but certificates and white space between them, and base64 in its one form.
import { fromBase64 } from '../base64.js';
import { bytesOfText, textOfBytes } from '../bytes.js';
import { refuse } from '../failure.js';

/** A chain of three has 4 KiB; a quote that carries one has at most 16 KiB in all. */
export const mostPemBytes = 16_384;

const certificate = /-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]*)-----END CERTIFICATE-----/g;

/** The DER of each certificate. A final NUL is allowed: quotes end their chain with one. CERT_MALFORMED. */
export function readPem(source: Uint8Array | string, what: string): Uint8Array[] {
  const bytes = typeof source === 'string' ? bytesOfText(source) : source;
  if (bytes.byteLength > mostPemBytes) refuse('CERT_MALFORMED', `${what} has more than ${mostPemBytes} bytes.`);
  const text = textOfBytes(bytes)?.replace(/\0$/, '');
  if (text === undefined || /\S/.test(text.replace(certificate, '')))
    refuse('CERT_MALFORMED', `${what} holds something else than PEM certificates.`);
  return Array.from(text.matchAll(certificate), ([, body]) => {
    const der = fromBase64((body ?? '').replace(/\s/g, ''));
    return der ?? refuse('CERT_MALFORMED', `${what} holds a certificate whose base64 is malformed.`);
  });
}
