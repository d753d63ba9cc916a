// Something between a client and a service that wants the client's input: a process of its own, which takes TLS off with a certificate that it has,
// writes down every byte that a client sends it, and passes on, changes or makes up what it likes.
import { appendFileSync } from 'node:fs';
import { connect as connectPlain, createServer as createPlain, type Socket } from 'node:net';
import { join } from 'node:path';
import { connect as connectSecure, createServer as createSecure } from 'node:tls';
import { type Tampering, tamper } from './tamper.js';

export interface HostileWords {
  readonly port: number;
  /** Of the service, or of several: the balancer takes them in turn. */
  readonly upstreams: readonly number[];
  /** `pass`: bytes as they are. `balance`: connections as they are, TLS and all. */
  readonly does: 'pass' | 'balance' | Tampering;
  /** PEM texts. Those of the service mean that it has the service's key too. */
  readonly certificate?: { readonly cert: string; readonly key: string };
  /** A folder: what clients send is written there, a file a connection. */
  readonly capture: string;
}

const words = JSON.parse(process.argv[2] ?? '') as HostileWords;
const { port, upstreams, does, certificate, capture } = words;
const protocols = ['h2', 'http/1.1'];
let turn = 0;
let connections = 0;
const next = () => upstreams[turn++ % upstreams.length] ?? 0;

function lead(client: Socket, onward: Socket): void {
  for (const [from, to] of [
    [client, onward],
    [onward, client],
  ] as const) {
    from.on('error', () => to.destroy());
    from.once('close', () => to.destroy());
    from.pipe(to);
  }
}

async function open(): Promise<void> {
  const inner = does === 'pass' || does === 'balance' ? undefined : await tamper(does, next());
  const server =
    does === 'balance'
      ? createPlain((client) => lead(client, connectPlain(next(), '127.0.0.1')))
      : createSecure({ ...certificate, ALPNProtocols: protocols }, (client) => {
          const file = join(capture, `${connections++}`);
          client.on('data', (bytes) => appendFileSync(file, bytes));
          const onward = connectSecure({
            port: next(),
            host: '127.0.0.1',
            ALPNProtocols: [client.alpnProtocol || 'http/1.1'],
            rejectUnauthorized: false,
          });
          lead(client, inner === undefined ? onward : connectPlain(inner, '127.0.0.1'));
          if (inner !== undefined) onward.destroy();
        });
  server.on('tlsClientError', () => undefined);
  server.listen(port, '127.0.0.1', () => process.stdout.write('ready\n'));
}

void open();
