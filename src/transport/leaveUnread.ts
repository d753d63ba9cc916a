// What a client still sends after its answer is complete.
import { constants, type ServerHttp2Stream } from 'node:http2';

/**
 * Ends a stream whose answer has been given, without reading the rest of the request: no error to the client (RFC 9113, 8.1). Not before
 * the answer has been written, in this turn of the loop: from Node 22 on the reset would overtake it, and take its place.
 */
export function leaveUnread(stream: ServerHttp2Stream): void {
  setImmediate(() => {
    if (!stream.readableEnded) stream.close(constants.NGHTTP2_NO_ERROR);
  });
}
