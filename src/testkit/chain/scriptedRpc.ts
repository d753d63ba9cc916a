// An RPC that answers what a test wants, also what no chain would say.
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ScriptedRpc {
  readonly url: string;
  /** Methods that were asked for, in order. */
  readonly asked: readonly string[];
  /** In place of an answer: takes the whole response. */
  misbehave: ((response: ServerResponse) => void) | undefined;
  /** By method: its result, or an error. */
  readonly results: Map<string, unknown>;
  stop(): Promise<void>;
}

export async function startScriptedRpc(results: Readonly<Record<string, unknown>> = {}): Promise<ScriptedRpc> {
  const asked: string[] = [];
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    const { id, method } = JSON.parse(text) as { id: number; method: string };
    asked.push(method);
    if (rpc.misbehave !== undefined) return rpc.misbehave(response);
    const result = rpc.results.get(method);
    const answer = result instanceof Error ? { error: { code: -32_000, message: result.message } } : { result };
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ jsonrpc: '2.0', id, ...answer }));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const rpc: ScriptedRpc = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    misbehave: undefined,
    results: new Map(Object.entries(results)),
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return rpc;
}
