// The requests of sp1-tee-prover's published example client, as they went over the wire: its code (examples/fibonacci/script/bin/execute.rs, with
// reqwest 0.12.28) was run with our fibonacci, since it takes programs of SP1 6 here, and n = 500, and what came was kept. The id is of the recording.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';

const recorded = (name: string): Buffer => readFileSync(new URL(`./recorded/${name}.http`, import.meta.url));

export const recordedRequest = recorded('request_proof');
const recordedWait = recorded('wait_proof');
const recordedId = '0123456789abcdef'.repeat(4);

export interface RawAnswer {
  readonly status: number;
  readonly body: Buffer;
}

export interface RecordedExample {
  /** Sends the first request. */
  requestProof(): Promise<RawAnswer>;
  /** Sends the second one with whatever text came, as the client does. */
  waitProof(proofId: string): Promise<RawAnswer>;
  end(): void;
}

/** Both go over one connection, which the client keeps. */
export async function replayExample(port: number): Promise<RecordedExample> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  const send = async (bytes: Buffer) => {
    socket.write(bytes);
    return await answerOn(socket);
  };
  return {
    requestProof: () => send(recordedRequest),
    // Its length is in the head, and ours has the length of the recording's.
    waitProof: (proofId) => send(Buffer.from(recordedWait.toString('latin1').replace(recordedId, proofId), 'latin1')),
    end: () => socket.destroy(),
  };
}

/** One answer with a length, which is what an HTTP/1.1 client without `te` must be able to read. */
function answerOn(socket: Socket): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    let heard = Buffer.alloc(0);
    const settle = (error: Error | undefined, answer?: RawAnswer) => {
      socket.off('data', onData).off('close', onClose);
      if (answer === undefined) reject(error);
      else resolve(answer);
    };
    const onClose = () => settle(new Error(`the connection has closed after: ${heard.toString('latin1')}`));
    const onData = (chunk: Buffer) => {
      heard = Buffer.concat([heard, chunk]);
      const end = heard.indexOf('\r\n\r\n');
      if (end < 0) return;
      const head = heard.subarray(0, end).toString('latin1');
      const length = Number(/^content-length: (\d+)$/im.exec(head)?.[1]);
      if (Number.isNaN(length)) return settle(new Error(`an answer without a length: ${head}`));
      const body = heard.subarray(end + 4);
      if (body.byteLength >= length) settle(undefined, { status: Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1]), body });
    };
    socket.on('data', onData).once('close', onClose);
  });
}
