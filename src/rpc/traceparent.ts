// In which trace a client wants its request to be seen: the header `traceparent` of W3C (Trace Context, level 1).
import type { CallContext } from '../transport/grpc/call.js';

const form = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** What is none, of another version, or there twice, is passed over: no request fails for it. */
export function traceparentOf({ traceparent }: CallContext['headers']): { readonly traceparent?: string } {
  return typeof traceparent === 'string' && form.test(traceparent) ? { traceparent } : {};
}
