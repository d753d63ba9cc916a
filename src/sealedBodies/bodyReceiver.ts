// What a serving end does with a request's body: opens it, takes it in clear, or refuses it before any of it is read.
import { fail } from '../failures/fail.js';
import { FailureError } from '../failures/failureError.js';
import type { BodyKey, OpenedRequest } from './bodyKey.js';
import { sealedBodyHeader } from './headers.js';

export interface ArrivingRequest {
  readonly method: string;
  /** With its query, as sent. */
  readonly path: string;
  readonly headers: { readonly [name: string]: string | string[] | undefined };
}

export interface BodyReceiver {
  /** Undefined for a body in clear that may be so. Throws BODY_NOT_SEALED; rejects with BODY_MALFORMED or BODY_KEY_UNKNOWN. */
  receive(request: ArrivingRequest): Promise<OpenedRequest> | undefined;
}

/** `isRequired`: bodies in clear are refused. */
export const createBodyReceiver = (key: BodyKey, isRequired: boolean): BodyReceiver => ({
  receive({ method, path, headers }) {
    const header = headers[sealedBodyHeader];
    if (header === undefined) {
      if (isRequired && method !== 'GET' && method !== 'HEAD') throw new FailureError(fail('BODY_NOT_SEALED'));
      return undefined;
    }
    const contentType = headers['content-type'];
    return key.openRequest(`${header}`, {
      method,
      path,
      contentType: contentType === undefined ? undefined : `${contentType}`,
    });
  },
});
