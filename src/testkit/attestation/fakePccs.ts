// A PCCS on a real socket, for one set of collateral: honest, down, slow, failing, or cut in the middle of its JSON.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export type PccsMood = 'honest' | 'failing' | 'silent' | 'cut' | 'endless';

export interface FakePccs {
  readonly url: string;
  mood: PccsMood;
  /** QuoteCollateralV3 as JSON text. */
  collateral: string;
  readonly asked: string[];
  close(): void;
}

export async function startFakePccs(collateral: string): Promise<FakePccs> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    if (pccs.mood === 'silent') return;
    const found = answerOf(request.url ?? '', JSON.parse(pccs.collateral));
    const status = pccs.mood === 'failing' ? 500 : found === undefined ? 404 : 200;
    response.writeHead(status, found?.headers);
    if (pccs.mood === 'endless') {
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536, 0x20)));
      };
      response.on('drain', more);
      more();
      return;
    }
    const body = found?.body ?? '';
    response.end(pccs.mood === 'cut' ? body.slice(0, body.length / 2) : body);
  });
  const pccs: FakePccs = {
    url: '',
    mood: 'honest',
    collateral,
    asked,
    close: () => void server.close().closeAllConnections(),
  };
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return Object.assign(pccs, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
}

function answerOf(url: string, set: Record<string, string>) {
  const { pathname } = new URL(url, 'http://pccs');
  const chain = (name: string, part: string) => ({ [name]: encodeURIComponent(set[part] ?? '') });
  switch (pathname) {
    case '/sgx/certification/v4/pckcrl':
      return { headers: chain('SGX-PCK-CRL-Issuer-Chain', 'pck_crl_issuer_chain'), body: set['pck_crl'] ?? '' };
    case '/sgx/certification/v4/rootcacrl':
      return { headers: {}, body: set['root_ca_crl'] ?? '' };
    case '/tdx/certification/v4/tcb':
      return {
        headers: chain('TCB-Info-Issuer-Chain', 'tcb_info_issuer_chain'),
        body: `{"tcbInfo":${set['tcb_info']},"signature":"${set['tcb_info_signature']}"}`,
      };
    case '/tdx/certification/v4/qe/identity':
      return {
        headers: chain('SGX-Enclave-Identity-Issuer-Chain', 'qe_identity_issuer_chain'),
        body: `{"enclaveIdentity":${set['qe_identity']},"signature":"${set['qe_identity_signature']}"}`,
      };
    default:
      return undefined;
  }
}
