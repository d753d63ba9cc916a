// A guest agent on a unix socket, with quotes of the development PKI: it answers as dstack's agent and its predecessor do, and fails on demand
// in the ways in which they fail.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { createDevPki, type DevPki } from '../../attestation/dev/devPki.js';
import { systemRandom } from '../../random.js';
import { temporaryFolder } from '../temporaryFolder.js';
import { type MockEvent, registersOf, runtime, startEvents } from './mockEvents.js';

export type AgentFault =
  | 'status 400'
  | 'status 404'
  | 'empty fields'
  | 'cut JSON'
  | 'duplicate key'
  | 'no JSON'
  | 'a list'
  | 'too long'
  | 'never ends'
  | 'silence'
  | 'hangs up'
  | 'no HTTP'
  | 'other data'
  | 'no quote';

export interface FakeAgent {
  readonly socketPath: string;
  readonly pki: DevPki;
  /** Method → what goes wrong, until it is taken out. */
  readonly faults: Map<string, AgentFault>;
  /** Methods in the order in which they were called. */
  readonly calls: string[];
  /** Bodies as they came. */
  readonly bodies: unknown[];
  /** So many quotes come with an event log that lags behind them. */
  lags: number;
  /** Of raw text; empty when the agent keeps it to itself. */
  appCompose: string;
  /** Resolves with the next call of any method. */
  nextCall(): Promise<string>;
  close(): void;
}

export const fakeAppCompose = '{"name": "prover",  "runner":"docker-compose"}';
const fakeKey = '7e'.repeat(32);

export async function startFakeAgent(
  of: { readonly now?: number; readonly kind?: 'dstack' | 'tappd'; readonly keyProvider?: string } = {},
): Promise<FakeAgent> {
  const pki = createDevPki(of.now ?? Date.now(), systemRandom);
  const faults = new Map<string, AgentFault>();
  const socketPath = join(temporaryFolder('agent'), 'agent.sock');
  const waiting: Array<(method: string) => void> = [];
  const events = [
    ...startEvents({ composeHash: 'c0'.repeat(32), ...(of.keyProvider && { keyProvider: of.keyProvider }) }),
  ];
  const own = of.kind ?? 'dstack';
  const agent = {
    socketPath,
    pki,
    faults,
    calls: [] as string[],
    bodies: [] as unknown[],
    lags: 0,
    appCompose: fakeAppCompose,
    nextCall: () => new Promise<string>((resolve) => waiting.push(resolve)),
    close: () => void server.close().closeAllConnections(),
  };

  const methods: Readonly<Record<string, (body: Record<string, string>) => object>> = {
    GetQuote: ({ report_data = '' }) => ({ ...quoteOf(report_data), vm_config: '{"cpu_count":2}' }),
    RawQuote: ({ report_data = '' }) => quoteOf(report_data),
    TdxQuote: ({ report_data = '', hash_algorithm }) =>
      quoteOf(hash_algorithm === 'raw' ? report_data : '00'.repeat(64)),
    Info: () => ({
      app_id: 'ab'.repeat(20),
      tcb_info: agent.appCompose === '' ? '' : JSON.stringify({ app_compose: agent.appCompose, device_id: 'e3b0' }),
    }),
    GetKey: () => ({ key: fakeKey, signature_chain: ['00', '00'] }),
  };

  function quoteOf(reportData: string) {
    const [rtmr0, rtmr1, rtmr2, rtmr3] = registersOf(events);
    const data = reportData.replace(/^0x/, '').padEnd(128, '0');
    const quoted = faults.get('quote') === 'other data' ? 'ff'.repeat(64) : data;
    const quote = Buffer.from(pki.quote({ mrTd: 'a1'.repeat(48), rtmr0, rtmr1, rtmr2, rtmr3, reportData: quoted }));
    const told: MockEvent[] = agent.lags > 0 ? [...events, runtime('late')] : events;
    agent.lags = Math.max(0, agent.lags - 1);
    // Agents say more than is read of them.
    const eventLog = JSON.stringify(told.map((event) => ({ ...event, version: 3 })));
    const shown = faults.get('quote') === 'no quote' ? Buffer.from('error: no quote') : quote;
    return { quote: `${own === 'tappd' ? '0x' : ''}${shown.toString('hex')}`, event_log: eventLog, report_data: data };
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://agent');
    const method = pathname.replace(/^.*[/.]/, '');
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body =
      request.method === 'GET' ? Object.fromEntries(searchParams) : JSON.parse(Buffer.concat(chunks).toString());
    agent.calls.push(method);
    agent.bodies.push(body);
    for (const each of waiting.splice(0)) each(method);
    const isOfTappd = pathname.startsWith('/prpc/Tappd.');
    const isServed = own === 'tappd' ? isOfTappd : !isOfTappd;
    const answer = isServed ? methods[method] : undefined;
    const fault = faults.get(method);
    if (fault !== undefined && misbehave(fault, answer?.(body) ?? {}, response)) return;
    if (answer === undefined) response.writeHead(404).end();
    else response.setHeader('content-type', 'application/json').end(JSON.stringify(answer(body)));
  }

  const server = createServer((request, response) => {
    // A client that gives up breaks its request off.
    serve(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  return agent;
}

/** False when this is no fault of a whole answer. */
function misbehave(fault: AgentFault, answer: object, response: ServerResponse): boolean {
  const text = JSON.stringify(answer);
  const json = (body: string) => {
    response.end(body);
    return true;
  };
  switch (fault) {
    case 'status 400':
      response.writeHead(400, { 'content-type': 'application/json' }).end('{"error":"Key handover failed: SECRET"}');
      return true;
    case 'status 404':
      response.writeHead(404).end();
      return true;
    case 'empty fields':
      return json(JSON.stringify(Object.fromEntries(Object.keys(answer).map((name) => [name, '']))));
    case 'cut JSON':
      return json(text.slice(0, text.length / 2));
    case 'duplicate key':
      return json(text.replace('{', '{"quote":"00",'));
    case 'no JSON':
      return json('<html>502</html>');
    case 'a list':
      return json(`[${text}]`);
    case 'too long':
      return json(`{"quote":"${'00'.repeat(3 * 1_048_576)}"}`);
    case 'never ends':
      response.write('{');
      return true;
    case 'silence':
      return true;
    case 'hangs up':
      response.writeHead(200, { 'content-length': text.length });
      response.write(text.slice(0, 10), () => response.destroy());
      return true;
    case 'no HTTP':
      response.socket?.end('SSH-2.0-OpenSSH\r\n');
      return true;
    default:
      return false;
  }
}
