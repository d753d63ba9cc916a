// Bytes from a URL that a stranger has chosen: from the hosts that the operator trusts with that, by https, and redirects are not followed.
import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { Readable } from 'node:stream';

/** A URL that is not opened, or an answer that is not used. `mayPass`: worth another try. */
export class UrlError extends Error {
  override readonly name = 'UrlError';
  constructor(
    message: string,
    readonly mayPass: boolean,
  ) {
    super(message);
  }
}

/** Without a byte for this long it is given up (ms). */
const silentMs = 60_000;
const loopback = new Set(['127.0.0.1', 'localhost', '[::1]']);

/** Rejects with a UrlError. `hosts`: these, and all below them. In the clear only on this machine itself. */
export function openUrl(
  text: string,
  { hosts, signal }: { readonly hosts: readonly string[]; readonly signal: AbortSignal },
): Promise<{ readonly body: Readable; readonly sizeBytes: number | undefined }> {
  const url = allowedUrl(text, hosts);
  return new Promise((resolve, reject) => {
    const begin = url.protocol === 'https:' ? requestHttps : requestHttp;
    const request = begin(url, { method: 'GET', signal }, (response: IncomingMessage) => {
      const status = response.statusCode ?? 0;
      if (status === 200) {
        const length = Number(response.headers['content-length'] ?? Number.NaN);
        return resolve({ body: response, sizeBytes: Number.isSafeInteger(length) ? length : undefined });
      }
      response.destroy();
      reject(new UrlError(`it was answered with HTTP ${status}`, status >= 500 || status === 429));
    });
    request.setTimeout(silentMs, () => request.destroy(new Error('it is silent')));
    request.once('error', (error) => reject(new UrlError(error.message, true)));
    request.end();
  });
}

/** Throws a UrlError. */
export function allowedUrl(text: string, hosts: readonly string[]): URL {
  if (!URL.canParse(text)) throw new UrlError('it has no URL', false);
  const url = new URL(text);
  const isListed = hosts.some((host) => url.hostname === host || url.hostname.endsWith(`.${host}`));
  const isSafe = url.protocol === 'https:' || (url.protocol === 'http:' && loopback.has(url.hostname));
  if (!isListed || !isSafe || url.username !== '' || url.password !== '')
    throw new UrlError('its URL is not https on a host of --network-hosts', false);
  return url;
}

/** `s3://bucket/key` as https on the first of these hosts that is of S3. Others as they are. */
export function httpsUrlOf(uri: string, hosts: readonly string[]): string {
  const [, bucket, key] = /^s3:\/\/([a-z0-9.-]{3,63})\/([\w./-]{1,1024})$/.exec(uri) ?? [];
  const host = hosts.find((each) => each.startsWith('s3.'));
  return bucket === undefined || host === undefined ? uri : `https://${bucket}.${host}/${key}`;
}
