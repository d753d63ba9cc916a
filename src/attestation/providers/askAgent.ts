// One call to a guest agent: JSON by HTTP on a unix socket, or by URL where it is a simulator. Its answer is not believed before it was
// read strictly, and neither it nor what was asked is ever logged: it may hold keys.
import { request } from 'node:http';
import { JsonError, type JsonObject, parseJson } from '../verify/json/parseJson.js';
import { ProviderError } from './quoteProvider.js';

export type AgentEndpoint =
  | { readonly socketPath: string }
  /** Of a simulator only. */
  | { readonly origin: string };

export interface AgentCall {
  readonly endpoint: AgentEndpoint;
  /** For messages: `the dstack agent`. */
  readonly who: string;
  /** `/GetQuote` */
  readonly path: string;
  readonly body: object;
  readonly signal: AbortSignal;
}

/** An evidence has 2 MiB at most; whatever is larger is no answer of an agent. */
const mostAnswerBytes = 4 * 1_048_576;

/** The agent has not this method, being of another version. */
export class MethodAbsent extends ProviderError {}

/** Rejects with a ProviderError. */
export async function askAgent(call: AgentCall): Promise<JsonObject> {
  const { status, body } = await exchange(call);
  const method = call.path.replace(/^.*[/.]/, '');
  if (status === 404) throw new MethodAbsent(`${call.who} has no method ${method}`);
  if (status !== 200) throw new ProviderError(`${call.who} answered ${method} with status ${status}`);
  return parseAnswer(body, `the answer of ${call.who} to ${method}`);
}

/** A JSON object without duplicate keys; what else is in it is left to the readers of fields. Throws a ProviderError. */
export function parseAnswer(bytes: Uint8Array | string, what: string): JsonObject {
  try {
    const text = typeof bytes === 'string' ? bytes : new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    const value = parseJson(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject;
  } catch (error) {
    // The decoder's error is a TypeError. A parser's message may quote the text, and is not passed on.
    if (!(error instanceof JsonError) && !(error instanceof TypeError)) throw error;
  }
  throw new ProviderError(`${what} is no JSON object that can be read`);
}

function exchange({ endpoint, who, path, body, signal }: AgentCall): Promise<{ status: number; body: Buffer }> {
  const content = Buffer.from(JSON.stringify(body));
  const headers = {
    'content-type': 'application/json',
    'content-length': content.byteLength,
    connection: 'close',
    ...('socketPath' in endpoint && { host: 'localhost' }),
  };
  const options = { method: 'POST', headers, signal, agent: false as const };
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => reject(signal.aborted ? signal.reason : problemOf(error, who));
    const asking =
      'socketPath' in endpoint
        ? request({ ...options, socketPath: endpoint.socketPath, path })
        : request(new URL(path, endpoint.origin), options);
    asking.on('error', fail);
    asking.on('response', (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('error', fail);
      response.on('data', (chunk: Buffer) => {
        size += chunk.byteLength;
        if (size > mostAnswerBytes)
          asking.destroy(new ProviderError(`${who} answers with more than ${mostAnswerBytes} bytes`));
        else chunks.push(chunk);
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks) }));
    });
    asking.end(content);
  });
}

function problemOf(error: Error, who: string): ProviderError {
  if (error instanceof ProviderError) return error;
  const { code = '' } = error as NodeJS.ErrnoException;
  const words: Readonly<Record<string, string>> = {
    ENOENT: 'is not there',
    ECONNREFUSED: 'does not run',
    EACCES: 'may not be asked by this user',
    ECONNRESET: 'ended the connection before its answer was whole',
  };
  return new ProviderError(`${who} ${words[code] ?? 'does not speak HTTP as it should'}`, { cause: error });
}
