// What options of attestation say against each other, and against those of TLS.
import { flagOf, type OptionValues } from './options.js';

export const isLoopback = (host: string) => host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);

type Concerned =
  | 'attest'
  | 'attestHeader'
  | 'attestSocket'
  | 'sealedBodies'
  | 'acmeAccount'
  | 'listen'
  | 'tls'
  | 'tlsCert';

/** A sentence for each contradiction. */
export function attestContradictions(config: Pick<OptionValues, Concerned>): string[] {
  const { attest, attestHeader, attestSocket, sealedBodies = 'off', acmeAccount, listen, tls, tlsCert } = config;
  const found: string[] = [];
  const flag = flagOf('attest');
  if (attest === 'dev' && !isLoopback(listen.host))
    found.push(
      `${flag} dev is for this machine alone: its quotes prove nothing. Listen on 127.0.0.1, or choose another`,
    );
  if (attest === 'off' && attestHeader === 'always')
    found.push(`${flagOf('attestHeader')} always needs ${flag}: without it there is no report`);
  if (attest === 'off' && sealedBodies !== 'off')
    found.push(`${flagOf('sealedBodies')} ${sealedBodies} needs ${flag}: a key that is not quoted is nobody's`);
  if (attestSocket !== undefined && attest !== 'dstack' && attest !== 'tappd')
    found.push(`${flagOf('attestSocket')} needs ${flag} dstack or ${flag} tappd: whose socket it is`);
  if (tls !== undefined && tlsCert !== undefined)
    found.push(
      `${flagOf('tls')} ${tls} makes a certificate of its own: leave ${flagOf('tlsCert')} out, or ${flagOf('tls')}`,
    );
  if (tls === 'derived' && attest !== 'dstack' && attest !== 'auto')
    found.push(`${flagOf('tls')} derived needs ${flag} dstack: the key is derived by its agent`);
  if (acmeAccount !== undefined && (attest === 'off' || tlsCert === undefined))
    found.push(
      `${flagOf('acmeAccount')} needs ${flag} and ${flagOf('tlsCert')}: it is shown with the evidence of the certificate`,
    );
  return found;
}
