// A small proving network for tests of the client: real gRPC and HTTP on one machine, answers as the test scripts them.
import { EventEmitter, once } from 'node:events';
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createSocketServer } from 'node:net';
import {
  create,
  type DescMessage,
  type DescMethodUnary,
  fromBinary,
  type MessageInitShape,
  toBinary,
} from '@bufbuild/protobuf';
import { Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData, type status } from '@grpc/grpc-js';
import { ArtifactStore } from '../../gen/artifact/artifact_pb.js';
import { ProverNetwork } from '../../gen/network/network_pb.js';

/** A refusal with a gRPC status, as a handler throws it. */
export class Refusal extends Error {
  constructor(
    readonly code: status,
    readonly detail: string,
  ) {
    super(detail);
  }
}

type Handler = (request: never) => unknown;
type HttpHandler = (request: IncomingMessage, response: ServerResponse) => void;

export interface ScriptedNetwork {
  /** Of gRPC and HTTP alike, without a slash at the end. */
  readonly url: string;
  /** Names of the RPCs in the order in which they arrived. */
  readonly calls: string[];
  /** The `authorization` header of each of them, empty when there was none. */
  readonly authorizations: string[];
  /** Answers a method from now on. A method without a handler is UNIMPLEMENTED. */
  on<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    handler: (request: import('@bufbuild/protobuf').MessageShape<I>) => MessageInitShape<O>,
  ): void;
  onHttp(handler: HttpHandler): void;
  /** Resolves with the next call of this RPC. */
  called(name: string): Promise<void>;
  close(): void;
}

/** Listens on a port of its own. */
export async function startScriptedNetwork(): Promise<ScriptedNetwork> {
  const handlers = new Map<string, Handler>();
  const calls: string[] = [];
  const authorizations: string[] = [];
  const arrivals = new EventEmitter();
  const server = new Server();
  for (const service of [ProverNetwork, ArtifactStore]) {
    for (const method of service.methods) {
      const path = `/${service.typeName}/${method.name}`;
      server.register(
        path,
        (call: ServerUnaryCall<never, never>, callback: sendUnaryData<never>) => {
          calls.push(method.name);
          authorizations.push(String(call.metadata.get('authorization')[0] ?? ''));
          arrivals.emit(method.name);
          const handler = handlers.get(path);
          try {
            if (handler === undefined) callback({ code: 12, details: 'not scripted' });
            else callback(null, create(method.output, handler(call.request) as never) as never);
          } catch (error) {
            callback(error instanceof Refusal ? { code: error.code, details: error.detail } : (error as Error));
          }
        },
        (message) => Buffer.from(toBinary(method.output, message as never)),
        (bytes) => fromBinary(method.input, bytes) as never,
        'unary',
      );
    }
  }
  let answer: HttpHandler = (_request, response) => response.writeHead(404).end();
  const http = createHttpServer((request, response) => answer(request, response));
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
  const front = createSocketServer((socket) => {
    // Read once and put back, without ever flowing: HTTP/2 takes what is buffered and then the handle itself.
    socket.once('readable', () => {
      const first: Buffer = socket.read() ?? Buffer.alloc(0);
      socket.unshift(first);
      // HTTP/2 begins with "PRI"; of the methods in use only PUT shares its first letter.
      if (first.subarray(0, 2).toString() === 'PR') injector.injectConnection(socket);
      else http.emit('connection', socket);
    });
    socket.on('error', () => socket.destroy());
  });
  await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(front.address() as AddressInfo).port}`,
    calls,
    authorizations,
    on: (method, handler) => void handlers.set(`/${method.parent.typeName}/${method.name}`, handler as Handler),
    onHttp: (handler) => {
      answer = handler;
    },
    called: async (name) => void (await once(arrivals, name)),
    close: () => {
      server.forceShutdown();
      http.closeAllConnections();
      front.close();
    },
  };
}
