// What a gateway is told.
import type { RealProviderName } from '../attestation/providers/findProvider.js';
import type { TcpAddress } from '../transport/front/front.js';

export interface GatewaySettings {
  /** By which clients know it: a host name or an IP address. */
  readonly host: string;
  /** http or https. */
  readonly upstream: URL;
  readonly listen: TcpAddress;
  readonly attest: 'auto' | 'dev' | RealProviderName;
  readonly attestSocket: string | undefined;
  readonly attestHeader: 'on-request' | 'always';
  readonly sealedBodies: 'off' | 'accept' | 'require';
  readonly tls: 'derived' | 'ephemeral' | { readonly cert: string; readonly key: string };
  /** certbot's `regr.json`. */
  readonly acmeAccount: string | undefined;
  /** For evidence files, and the root of development quotes. */
  readonly data: string;
  readonly bodyLimitBytes: number;
  readonly deadlineMs: number;
}
