// From a readable side to a writable one at the pace of the latter, for calls of a kilobyte as well as for gigabytes: Node's `pipeline` costs
// more than all else about a small call.
import type { Readable, Writable } from 'node:stream';

/**
 * Resolves when the source has come to its end and all of it is written. Rejects when either breaks off before. It ends and destroys neither:
 * both may be sides of a stream whose other side is still needed.
 */
export function pump(source: Readable, sink: Writable): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (error?: Error) => {
      source.off('data', take).off('end', end).off('error', settle).off('close', cut);
      sink.off('drain', more).off('error', settle).off('close', gone);
      if (error === undefined) resolve();
      else reject(error);
    };
    const take = (chunk: Uint8Array) => {
      if (!sink.write(chunk)) source.pause();
    };
    const more = () => source.resume();
    const end = () => settle();
    const cut = () => settle(source.errored ?? new Error('the source broke off'));
    const gone = () => settle(sink.errored ?? new Error('the reader has gone'));
    if (source.readableEnded) return end();
    if (source.destroyed) return cut();
    if (sink.destroyed) return gone();
    sink.on('drain', more).on('error', settle).on('close', gone);
    source.on('end', end).on('error', settle).on('close', cut).on('data', take);
  });
}
