// A call whose message is here, as its handler sees it. Most calls are polls that are answered from memory at once: what only a handler
// that waits needs is made when it is asked for.
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import type { Clock } from '../../clock.js';
import type { Connection, Peer } from '../connection.js';
import type { CallContext } from './call.js';
import { code, StatusError } from './code.js';
import { ClientGone } from './message.js';
import { parseTimeout } from './timeout.js';

export class ArrivedCall implements CallContext {
  #gone: AbortController | undefined;
  #end = () => {};

  constructor(
    private readonly stream: ServerHttp2Stream,
    private readonly headers: IncomingHttpHeaders,
    private readonly connection: Connection,
    readonly raw: Uint8Array,
    private readonly clock: Clock,
  ) {}

  get origin(): string {
    const { headers, connection } = this;
    return `${connection.isEncrypted ? 'https' : 'http'}://${headers[':authority'] ?? headers.host ?? ''}`;
  }

  get userAgent(): string {
    return this.headers['user-agent'] ?? '';
  }

  get forwardedFor(): string | undefined {
    return this.headers['x-forwarded-for']?.toString();
  }

  get hasTimeLimit(): boolean {
    return parseTimeout(this.headers['grpc-timeout']) !== undefined;
  }

  get authorization(): string | undefined {
    return this.headers.authorization;
  }

  get peer(): Peer {
    return this.connection.peer;
  }

  get signal(): AbortSignal {
    this.#gone ??= this.#watch();
    return this.#gone.signal;
  }

  /** Stops watching: the call has been answered. */
  end(): void {
    this.#end();
  }

  #watch(): AbortController {
    const gone = new AbortController();
    const left = () => gone.abort(new ClientGone('the client went away'));
    this.stream.once('aborted', left).once('close', left);
    if (this.stream.closed || this.stream.destroyed) left();
    const timeoutMs = parseTimeout(this.headers['grpc-timeout']);
    const late = () =>
      gone.abort(new StatusError({ code: code.deadlineExceeded, details: "The call's own time limit is over." }));
    const cancel = timeoutMs === undefined ? undefined : this.clock.wakeAt(this.clock.now() + timeoutMs, late);
    this.#end = () => {
      cancel?.();
      this.stream.off('aborted', left).off('close', left);
    };
    return gone;
  }
}
