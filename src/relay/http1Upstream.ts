// Asks an upstream by HTTP/1.1, over kept connections.
import { Agent, type ClientRequest, type IncomingMessage, type OutgoingHttpHeaders, request as open } from 'node:http';
import type { Duplex } from 'node:stream';
import { malformed } from '../failures/malformed.js';
import { pump } from '../transport/pump.js';
import { broken, brokenBy } from './brokenAnswer.js';
import type { AskParameters, Connect, RelayedAnswer, RelayedRequest, Upstream } from './upstream.js';

/** Of an answer. With a report beside it, it must stay below the 16 KB that most clients take (bytes). */
const mostHeadBytes = 12 * 1024;
/** Of one answer: no honest one has more than a few. */
export const mostInterimAnswers = 16;

/** Their requests have no effect when they are sent twice, and no body. */
const isRepeatable = ({ method, body }: RelayedRequest) => body === undefined && /^(GET|HEAD|OPTIONS)$/.test(method);

/** `connections`: at once. Further requests wait for one. */
export function createHttp1Upstream(connect: Connect, connections: number): Upstream {
  const closing = new AbortController();
  const agent = new ConnectingAgent((done) => {
    connect('http1', closing.signal).then(
      (socket) => done(null, socket as Duplex),
      (error: Error) => done(error),
    );
  }, connections);

  async function ask(request: RelayedRequest, parameters: AskParameters): Promise<RelayedAnswer> {
    const outgoing = begin(request, agent);
    try {
      return await answered(outgoing, request, parameters);
    } catch (error) {
      // The upstream has closed an idle connection just when it was used again.
      const isStale = outgoing.reusedSocket && !parameters.signal.aborted && isRepeatable(request);
      if (!isStale) throw error;
      return await answered(begin(request, agent), request, parameters);
    }
  }

  return {
    ask,
    close() {
      closing.abort(new Error('the upstream is closed'));
      agent.destroy();
    },
  };
}

/** Gets its connections from a function that takes its time. */
class ConnectingAgent extends Agent {
  constructor(
    private readonly connect: (done: (error: Error | null, socket?: Duplex) => void) => void,
    maxSockets: number,
  ) {
    super({ keepAlive: true, maxSockets, maxFreeSockets: maxSockets });
  }

  override createConnection(_: unknown, done: (error: Error | null, socket: Duplex) => void): undefined {
    this.connect(done as (error: Error | null, socket?: Duplex) => void);
  }
}

function begin({ method, target, authority, headers }: RelayedRequest, agent: Agent): ClientRequest {
  try {
    const given = { host: authority, ...headers } as OutgoingHttpHeaders;
    return open({ agent, method, path: target, headers: given, setHost: false, maxHeaderSize: mostHeadBytes });
  } catch (error) {
    throw malformed('request', 'its head cannot be passed on', {
      cause: error,
    });
  }
}

function answered(
  outgoing: ClientRequest,
  request: RelayedRequest,
  { signal, inform }: AskParameters,
): Promise<RelayedAnswer> {
  return new Promise((resolve, reject) => {
    let answer: IncomingMessage | undefined;
    let interim = 0;
    const leave = () => {
      // What is complete has given its connection back.
      if (!outgoing.writableFinished || answer?.complete !== true) outgoing.destroy(signal.reason as Error);
    };
    const refuse = (error: unknown) => {
      if (answer === undefined) reject(signal.aborted ? signal.reason : brokenBy(error));
    };
    outgoing.on('error', refuse);
    outgoing.once('close', () => {
      signal.removeEventListener('abort', leave);
      refuse(undefined);
    });
    outgoing.on('information', ({ statusCode, headers }) => {
      interim += 1;
      if (interim > mostInterimAnswers) outgoing.destroy(broken('it answers without coming to its answer'));
      else inform(statusCode, headers as Record<string, string>);
    });
    outgoing.once('response', (response) => {
      answer = response;
      try {
        resolve(read(response, request));
      } catch (error) {
        outgoing.destroy(error as Error);
        reject(error);
      }
    });
    if (signal.aborted) leave();
    else signal.addEventListener('abort', leave);
    if (request.body === undefined) outgoing.end();
    else
      pump(request.body, outgoing).then(
        () => outgoing.end(),
        (error: Error) => outgoing.destroy(error),
      );
  });
}

/** Throws UPSTREAM_BROKEN for a body whose end nothing would tell from a broken connection. */
function read(response: IncomingMessage, { method }: RelayedRequest): RelayedAnswer {
  const { statusCode: status = 0, headers } = response;
  const hasBody = method !== 'HEAD' && status !== 204 && status !== 304;
  const isChunked = /(^|,)\s*chunked\s*$/i.test(headers['transfer-encoding'] ?? '');
  const isBounded = headers['content-length'] !== undefined || isChunked;
  if (hasBody && !isBounded) throw broken('its body has neither a length nor chunks, so that nothing tells its end');
  // A body that breaks off is an error of its stream, and only its reader needs to see it.
  response.on('error', () => undefined);
  if (!hasBody) response.resume();
  return {
    status,
    headers: headers as Record<string, string | string[]>,
    body: hasBody ? response : undefined,
    trailers() {
      if (hasBody && !response.complete) throw broken('it broke off');
      return response.trailers as Record<string, string>;
    },
  };
}
