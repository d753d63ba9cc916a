// An upstream by both protocols: HTTP/2 for what came as HTTP/2, HTTP/1.1 for the rest.
import type { Clock } from '../clock.js';
import { FailureError } from '../failures/failureError.js';
import { grpcFormOf } from '../transport/grpc/contentType.js';
import { noHttp2 } from './connectTo.js';
import { createHttp1Upstream } from './http1Upstream.js';
import { createHttp2Upstream } from './http2Upstream.js';
import { patientConnect } from './patientConnect.js';
import type { Connect, RelayedRequest, Upstream } from './upstream.js';

export interface UpstreamParameters {
  readonly connect: Connect;
  /** Of HTTP/1.1, at once. */
  readonly connections: number;
  /** Of HTTP/2, at once. */
  readonly sessions: number;
  /** As `Http2SessionsParameters` has it. */
  readonly pingMs?: number | undefined;
  readonly clock: Clock;
}

/** Of one session, where the upstream allows more. */
const streams = 256;
/** How long an upstream without HTTP/2 is not asked again whether it has it (ms). */
const rememberMs = 60_000;

export function createUpstream(parameters: UpstreamParameters): Upstream {
  const { clock, connections, sessions, pingMs } = parameters;
  const connect = patientConnect(parameters.connect, clock);
  const http1 = createHttp1Upstream(connect, connections);
  const http2 = createHttp2Upstream({ connect, streams, sessions, pingMs, clock });
  let onlyHttp1Until = Number.NEGATIVE_INFINITY;

  return {
    async ask(request, asked) {
      if (request.protocol === 'http1') return await http1.ask(request, asked);
      const canFall = !isCall(request);
      if (canFall && clock.steady() < onlyHttp1Until) return await http1.ask(request, asked);
      try {
        return await http2.ask(request, asked);
      } catch (error) {
        // Nothing of the request has gone out, and what is no gRPC can be said by HTTP/1.1 just as well.
        if (!canFall || !lacksHttp2(error)) throw error;
        onlyHttp1Until = clock.steady() + rememberMs;
        return await http1.ask(request, asked);
      }
    },
    close() {
      http1.close();
      http2.close();
    },
  };
}

/** gRPC itself, which needs trailers. */
const isCall = ({ headers }: RelayedRequest): boolean => {
  const type = headers['content-type'];
  return grpcFormOf(typeof type === 'string' ? type : undefined) === 'grpc';
};

const lacksHttp2 = (error: unknown): boolean =>
  error instanceof FailureError && error.failure.code === 'UPSTREAM_UNREACHABLE' && error.failure.problem === noHttp2;
