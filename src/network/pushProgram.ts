// A program's bytes to the network's own store, by the URL that the network gave for it.
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { Readable } from 'node:stream';

/** Without a byte for this long it is given up (ms). */
const silentMs = 60_000;

/** The HTTP status. Rejects when there is none. Redirects are not followed. */
export function pushProgram(url: string, body: Readable, sizeBytes: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = url.startsWith('https:') ? requestHttps : requestHttp;
    const outgoing = request(url, { method: 'PUT', headers: { 'content-length': sizeBytes } }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    outgoing.setTimeout(silentMs, () => outgoing.destroy(new Error('the store of the network is silent')));
    outgoing.once('error', (error) => {
      body.destroy();
      reject(error);
    });
    body.once('error', (error) => outgoing.destroy(error)).pipe(outgoing);
  });
}
