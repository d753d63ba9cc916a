// A call whose message is here, as its handler sees it. Most calls are polls that are answered from memory at once. Parts that only a
// waiting handler needs are made when it asks for them.
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import type { Clock } from '../../clock.js';
import type { Connection, Peer } from '../connection.js';
import { type Reached, reachedBy } from '../origin/reached.js';
import type { CallContext } from './call.js';
import { code, StatusError } from './code.js';
import { ClientGone } from './message.js';
import { parseTimeout } from './timeout.js';

export class ArrivedCall implements CallContext {
  #gone: AbortController | undefined;
  #end = () => {};

  constructor(
    private readonly stream: ServerHttp2Stream,
    readonly headers: IncomingHttpHeaders,
    private readonly connection: Connection,
    readonly raw: Uint8Array,
    private readonly clock: Clock,
  ) {}

  get reached(): Reached {
    return reachedBy(this.headers, this.connection);
  }

  get userAgent(): string {
    return this.headers['user-agent'] ?? '';
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
    const cancel = timeoutMs === undefined ? undefined : this.clock.wakeIn(timeoutMs, late);
    this.#end = () => {
      cancel?.();
      this.stream.off('aborted', left).off('close', left);
    };
    return gone;
  }
}
