// A target of the mock PKI on a real socket, with or without TLS, that answers as a test says: honest, lying, slow or broken.
import { createHash, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { createServer as createHttp, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttps } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Binding } from '../../attestation/verify/reportData.js';
import { reportData } from '../../attestation/verify/reportData.js';
import { type CertificateName, certificateOf } from '../testCertificates.js';
import { createMockTarget, goodStatement, type TargetChanges } from './mockTarget.js';

export type Answer = (request: IncomingMessage, response: ServerResponse, url: URL) => void | Promise<void>;

export interface FakeTarget {
  readonly url: string;
  /** SHA-256 of the key that TLS shows. Undefined without TLS. */
  readonly spki: Uint8Array | undefined;
  /** From now on. */
  answer: Answer;
  /** Paths that were asked for. */
  readonly asked: string[];
  close(): void;
}

export async function startFakeTarget(answer: Answer, { tls }: { tls?: CertificateName } = {}): Promise<FakeTarget> {
  const asked: string[] = [];
  const server = tls === undefined ? createHttp({ maxHeaderSize: 131_072 }) : createHttps(certificateOf(tls));
  const target: FakeTarget = {
    url: '',
    spki: tls === undefined ? undefined : spkiOfPem(certificateOf(tls).cert),
    answer,
    asked,
    close: () => void server.close().closeAllConnections(),
  };
  server.on('request', async (request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(request.url ?? '/', 'http://target');
    asked.push(url.pathname);
    await target.answer(request, response, url);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return Object.assign(target, { url: `http${tls === undefined ? '' : 's'}://127.0.0.1:${port}` });
}

export const spkiOfPem = (pem: string): Uint8Array =>
  new Uint8Array(
    createHash('sha256')
      .update(new X509Certificate(pem).publicKey.export({ type: 'spki', format: 'der' }))
      .digest(),
  );

export const nonceOf = (url: URL): Uint8Array =>
  new Uint8Array(Buffer.from(url.searchParams.get('nonce') ?? '', 'hex'));

const hex = (part: Uint8Array | undefined) => (part === undefined ? null : Buffer.from(part).toString('hex'));

/** As `/.well-known/attestation` answers it, made over `bound`. What it says of that is the same, but for what a test then changes. */
export async function mockEvidence(bound: Omit<Binding, 'statement'>, changes: TargetChanges = {}) {
  const statement = Buffer.from(JSON.stringify(changes.statement ?? goodStatement));
  const digest = new Uint8Array(createHash('sha256').update(statement).digest());
  const quoted = hex(await reportData({ ...bound, statement: digest })) ?? '';
  const mock = await createMockTarget({ ...changes, td: { reportData: quoted, ...changes.td } });
  return {
    version: 1,
    platform: 'tdx',
    nonce: hex(bound.nonce),
    quote: Buffer.from(mock.quote).toString('base64'),
    keys: { tls_spki_sha256: hex(bound.spki), body_x25519: hex(bound.body) },
    statement: statement.toString('base64'),
    event_log: JSON.parse(mock.evidence.eventLog ?? 'null'),
    vm_config: '',
    app_compose: mock.evidence.appCompose ?? null,
    collateral: JSON.parse(mock.collateral),
  };
}

/** The root that every mock target's chain ends at: its keys are made once a process. */
export const mockRootDer = async (): Promise<Buffer> => (await createMockTarget()).rootDer;

/** Its policy, fulfilled by what `mockEvidence` shows. */
export const mockPolicy = async (): Promise<string> => (await createMockTarget()).policy;
