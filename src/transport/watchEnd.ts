// The end of a stream of HTTP/2, told from its reset.
import type { Http2Stream } from 'node:http2';

/**
 * To Node a stream that its other end resets without an error has come to its end, so that what was cut looks whole. Answers whether a frame
 * has said the end so far. To be called before anything is read.
 */
export function watchEnd(stream: Http2Stream): () => boolean {
  const push = stream.push.bind(stream);
  // What came with the head has been seen before anybody could look.
  let isWhole = !stream.closed && stream.state.remoteClose === 1;
  stream.push = (chunk: unknown, encoding?: BufferEncoding) => {
    // Node passes the end on before it calls the stream closed, and of a reset it knows only the latter.
    if (chunk === null && !stream.closed) isWhole = true;
    return push(chunk, encoding);
  };
  stream.once('trailers', () => {
    isWhole = true;
  });
  return () => isWhole;
}
