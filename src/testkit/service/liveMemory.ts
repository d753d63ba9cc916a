// How much memory a service holds on to. Resident memory cannot say that: V8 and malloc keep pages of a busy time for an idle one, more on
// one machine than on another. Through the inspector its garbage is collected first, and what is left is counted.
import { once } from 'node:events';
import type { ServiceProcess } from './serviceRig.js';

/** The environment of a rig whose service can be asked. */
export const inspectable = { NODE_OPTIONS: '--inspect=127.0.0.1:0' };

/** Bytes that the main thread holds after a collection: JavaScript's heap, buffers, and what native code has told V8 about. */
export async function liveMemory(service: ServiceProcess): Promise<number> {
  const { text } = await service.until((line) => line.text.startsWith('Debugger listening on '));
  const socket = new WebSocket(text.slice('Debugger listening on '.length));
  await once(socket, 'open');
  try {
    // What a first collection has finalized is freed by a second one.
    for (let time = 0; time < 2; time++) await ask(socket, 'HeapProfiler.collectGarbage');
    const expression = '(({ heapUsed, external }) => heapUsed + external)(process.memoryUsage())';
    const { result } = await ask(socket, 'Runtime.evaluate', { expression });
    return (result as { value: number }).value;
  } finally {
    socket.close();
  }
}

async function ask(socket: WebSocket, method: string, params = {}): Promise<Record<string, unknown>> {
  const answered = once(socket, 'message');
  socket.send(JSON.stringify({ id: 1, method, params }));
  const [{ data }] = (await answered) as [{ data: string }];
  return (JSON.parse(data) as { result: Record<string, unknown> }).result;
}
