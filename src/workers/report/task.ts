// What the worker of large reports is asked. The bytes of a proof come by a port, one chunk when it asks for one.
import type { MessagePort } from 'node:worker_threads';

export interface DigestTask {
  readonly kind: 'digest';
  readonly port: MessagePort;
  /** Before the proof. */
  readonly head: Uint8Array;
}

export interface SendTask {
  readonly kind: 'send';
  readonly port: MessagePort;
  readonly url: string;
  readonly path: string;
  /** Before the proof. */
  readonly head: Uint8Array;
  readonly proofBytes: number;
}

export type ReportTask = DigestTask | SendTask;

/** Undefined at the end. */
export type Chunk = Uint8Array | undefined;

/** As the network said it. */
export interface ReportAnswer {
  /** gRPC's number. NaN when there was none. */
  readonly code: number;
  readonly text: string;
  readonly bytes: Uint8Array;
}

/** The bytes of a port, asked for one by one. Throws when they break off. */
export async function* chunksOf(port: MessagePort): AsyncGenerator<Uint8Array> {
  const close = () => port.postMessage(undefined);
  try {
    for (;;) {
      const chunk = await new Promise<Chunk>((resolve, reject) => {
        port.once('message', resolve);
        port.once('close', () => reject(new Error('the proof broke off')));
        port.postMessage('more');
      });
      port.removeAllListeners('close');
      if (chunk === undefined) return;
      yield chunk;
    }
  } finally {
    close();
    port.close();
  }
}
