// The connection to a target, and the certificate that it has shown. No authority is asked: which key it is, is what the quote says.
import { createHash, type X509Certificate } from 'node:crypto';
import { Agent as HttpAgent } from 'node:http';
import { type AgentOptions, Agent as HttpsAgent } from 'node:https';
import type { TLSSocket } from 'node:tls';
import { refuse } from '../../verify/failure.js';
import { type GetParameters, type Got, getBytes } from './getBytes.js';

/** What is asked, of whatever is at the other end. */
export type Get = Omit<GetParameters, 'agent'>;

export interface SeenConnection {
  /** Rejects as `getBytes` does. */
  get(of: Get): Promise<Got>;
  /** Undefined without TLS, and before the first connection. TLS_KEY_WRONG when several have shown different certificates. */
  certificate(): X509Certificate | undefined;
}

// A resumed session shows no certificate, so none is.
const options = {
  keepAlive: true,
  maxSockets: 1,
  maxCachedSessions: 0,
  rejectUnauthorized: false,
} satisfies AgentOptions;

export function seenConnection(url: URL): SeenConnection & { close(): void } {
  const seen = new Map<string, X509Certificate>();
  const agent = url.protocol === 'https:' ? watchedAgent(seen) : new HttpAgent({ keepAlive: true, maxSockets: 1 });
  return {
    get: (of) => getBytes({ ...of, agent }),
    certificate() {
      if (seen.size > 1) refuse('TLS_KEY_WRONG', 'The answers came from connections with different certificates.');
      return seen.values().next().value;
    },
    close: () => agent.destroy(),
  };
}

function watchedAgent(seen: Map<string, X509Certificate>): HttpsAgent {
  const agent = new HttpsAgent(options);
  const connect = agent.createConnection.bind(agent);
  agent.createConnection = (...args) => {
    const socket = connect(...args) as TLSSocket;
    // Later the socket may have been handed back, and has none any more.
    socket.once('secureConnect', () => {
      const certificate = socket.getPeerX509Certificate();
      if (certificate) seen.set(certificate.fingerprint256, certificate);
    });
    return socket;
  };
  return agent;
}

/** SHA-256 of the SubjectPublicKeyInfo. */
export const spkiOf = (certificate: X509Certificate): Uint8Array =>
  new Uint8Array(
    createHash('sha256')
      .update(certificate.publicKey.export({ type: 'spki', format: 'der' }))
      .digest(),
  );
