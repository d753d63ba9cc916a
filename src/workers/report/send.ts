// One unary call of gRPC whose message is longer than what is held of it at any time.
import { connect, type IncomingHttpHeaders } from 'node:http2';
import { systemClock } from '../../clock.js';
import { chunksOf, type ReportAnswer, type SendTask } from './task.js';

/** Without a byte in either direction for this long it is given up (ms). */
const silentMs = 20_000;
/** An answer has a hash. More than this is none. */
const answerLimitBytes = 64 * 1024;
const unavailable = 14;

export function sendReport(task: SendTask): Promise<ReportAnswer> {
  return new Promise((resolve) => {
    const session = connect(task.url);
    const end = (answer: ReportAnswer) => {
      cancel();
      session.destroy();
      task.port.close();
      resolve(answer);
    };
    const broken = (text: string) => end({ code: unavailable, text, bytes: new Uint8Array() });
    let cancel = () => {};
    const alive = () => {
      cancel();
      cancel = systemClock.wakeIn(silentMs, () => broken('the network is silent'));
    };
    alive();
    session.once('error', (error) => broken(error.message));
    session.once('goaway', () => undefined);
    const stream = session.request(headersOf(task));
    let status: IncomingHttpHeaders = {};
    const chunks: Buffer[] = [];
    let size = 0;
    stream.once('response', (headers) => {
      status = headers;
    });
    stream.once('trailers', (trailers) => {
      status = { ...status, ...trailers };
    });
    stream.on('data', (chunk: Buffer) => {
      alive();
      size += chunk.byteLength;
      if (size <= answerLimitBytes) chunks.push(chunk);
      else broken('the answer of the network is too long');
    });
    stream.once('error', (error) => broken(error.message));
    stream.once('close', () => end(answerOf(status, Buffer.concat(chunks))));
    write(task, stream, alive).catch((error: unknown) => broken((error as Error).message));
  });
}

const headersOf = ({ path }: SendTask) => ({
  ':method': 'POST',
  ':path': path,
  'content-type': 'application/grpc',
  te: 'trailers',
});

async function write(
  { port, head, proofBytes }: SendTask,
  stream: ReturnType<ReturnType<typeof connect>['request']>,
  alive: () => void,
): Promise<void> {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(head.byteLength + proofBytes, 1);
  stream.write(Buffer.concat([prefix, head]));
  let sent = 0;
  for await (const chunk of chunksOf(port)) {
    sent += chunk.byteLength;
    if (sent > proofBytes) break;
    if (!stream.write(chunk)) await new Promise<void>((resolve) => stream.once('drain', resolve));
    alive();
  }
  if (sent !== proofBytes) throw new Error('the proof has another length than it had');
  stream.end();
}

function answerOf(headers: IncomingHttpHeaders, body: Buffer): ReportAnswer {
  const { 'grpc-status': status, 'grpc-message': message = '' } = headers;
  const http = Number(headers[':status'] ?? 0);
  const isProxy = status === undefined && http !== 200;
  const code = isProxy ? unavailable : Number(status ?? Number.NaN);
  const bytes = body.byteLength >= 5 ? body.subarray(5) : body;
  return { code, text: isProxy ? `HTTP ${http}` : textOf(`${message}`), bytes: Uint8Array.from(bytes) };
}

function textOf(message: string): string {
  try {
    return decodeURIComponent(message);
  } catch {
    return message;
  }
}
