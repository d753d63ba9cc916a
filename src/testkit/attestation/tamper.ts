// The middle part of a hostile process: an HTTP server that has the service behind it, and lies about its evidence or about its URLs.
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { connect } from 'node:tls';
import { gzipSync } from 'node:zlib';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { systemClock } from '../../clock.js';
import { CreateArtifactResponseSchema } from '../../gen/artifact/artifact_pb.js';
import { createLog } from '../../log.js';
import { systemRandom } from '../../random.js';
import { createUpstream } from '../../relay/createUpstream.js';
import { createRelay, type Through } from '../../relay/relay.js';
import type { RelayedAnswer } from '../../relay/upstream.js';
import { createListener } from '../../transport/front/createListener.js';
import type { Exchange } from '../../transport/http/exchange.js';
import { ask } from './askService.js';

export type Tampering =
  /** No evidence, no files, no header. */
  | 'strips'
  /** The same, and a header with nothing in it; with a padded report that is for somebody else; with that and a binding of version 0. */
  | 'sends an empty header'
  | 'sends a report for another'
  | 'sends a binding of version 0'
  /** Evidence of an earlier session; for another nonce; that and our nonce in its JSON; for none. */
  | 'replays evidence'
  | 'asks with another nonce'
  | 'echoes the nonce'
  | 'asks without a nonce'
  /** Genuine evidence; uploads go elsewhere. */
  | 'leads uploads elsewhere'
  /** Genuine evidence, and nothing else is changed. */
  | 'relays';

const log = createLog('silent');
const clock = systemClock;
const otherNonce = '07'.repeat(32);
const wellKnown = '/.well-known/attestation';

/** Resolves with the port of this machine where it listens without TLS. */
export async function tamper(does: Tampering, service: number): Promise<number> {
  const origin = `https://127.0.0.1:${service}`;
  const evidenceFor = async (query: string) => (await ask(`${origin}${wellKnown}${query}`)).body;
  const earlier = does === 'replays evidence' ? await evidenceFor(`?nonce=${'01'.repeat(32)}`) : '';

  async function evidence(target: string): Promise<string | undefined> {
    const nonce = /nonce=([0-9a-f]{64})/.exec(target)?.[1] ?? '';
    if (does === 'replays evidence') return earlier;
    if (does === 'asks with another nonce') return evidenceFor(`?nonce=${otherNonce}`);
    if (does === 'asks without a nonce') return evidenceFor('');
    if (does === 'echoes the nonce') return (await evidenceFor(`?nonce=${otherNonce}`)).replace(otherNonce, nonce);
    return undefined;
  }

  const isStripped = does === 'strips' || does.startsWith('sends');
  const through: Through = async (request, onward) => {
    const { target } = request;
    if (isStripped && /^\/(\.well-known\/attestation|evidences)/.test(target)) return answered(404, '');
    const made = target.startsWith(wellKnown) ? await evidence(target) : undefined;
    if (made !== undefined) return answered(200, made);
    const answer = await onward(request);
    return does === 'leads uploads elsewhere' && target.endsWith('/CreateArtifact') ? await elsewhere(answer) : answer;
  };

  const connectTo = (protocol: string) =>
    connect({ port: service, host: '127.0.0.1', ALPNProtocols: [protocol], rejectUnauthorized: false });
  const upstream = createUpstream({
    connect: (protocol) =>
      new Promise((resolve, reject) => {
        const socket = connectTo(protocol === 'http2' ? 'h2' : 'http/1.1');
        socket.once('secureConnect', () => resolve(socket)).once('error', reject);
      }),
    connections: 8,
    sessions: 8,
    clock,
  });
  const relay = createRelay({
    ask: upstream.ask,
    through,
    name: 'hostile',
    bodyLimitBytes: 2 ** 40,
    deadlineMs: 3_600_000,
    most: 1_000,
    clock,
    random: systemRandom,
    log,
  });
  const routes = async (exchange: Exchange): Promise<void> => {
    if (does.startsWith('sends') && exchange.method === 'HEAD')
      return exchange.answer({ status: 404, headers: await headersOf(does, evidenceFor) });
    return relay.routes(exchange);
  };
  const front = createListener({ methods: relay, routes, maxCallBytes: 0, clock, log });
  return (await front.listen({ host: '127.0.0.1', port: 0 })).port;
}

async function headersOf(does: Tampering, evidenceFor: (query: string) => Promise<string>) {
  if (does === 'sends an empty header') return { 'attestation-report': '' };
  const { quote } = JSON.parse(await evidenceFor(`?nonce=${otherNonce}`)) as { quote: string };
  // As the patch had it: padded to 8,000 bytes with zeros.
  const padded = Buffer.alloc(8_000);
  Buffer.from(quote, 'base64').copy(padded);
  const report = { 'attestation-report': gzipSync(padded).toString('base64') };
  return does === 'sends a report for another' ? report : { ...report, 'attestation-binding': 'v=0; spki=-' };
}

const answered = (status: number, text: string): RelayedAnswer => ({
  status,
  headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) },
  body: Readable.from([Buffer.from(text)]),
  trailers: () => ({}),
});

async function elsewhere(answer: RelayedAnswer): Promise<RelayedAnswer> {
  if (answer.body === undefined) return answer;
  const frame = await buffer(answer.body);
  const { artifactUri, artifactPresignedUrl } = fromBinary(CreateArtifactResponseSchema, frame.subarray(5));
  const led = artifactPresignedUrl.replace(/^https?:\/\/[^/]+/, 'http://127.0.0.1:9');
  const message = { artifactUri, artifactPresignedUrl: led };
  const bytes = toBinary(CreateArtifactResponseSchema, create(CreateArtifactResponseSchema, message));
  const head = Buffer.alloc(5);
  head.writeUInt32BE(bytes.byteLength, 1);
  return { ...answer, body: Readable.from([Buffer.concat([head, bytes])]) };
}
