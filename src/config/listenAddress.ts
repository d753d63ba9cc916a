// How an address to listen on is written, in options of the service and of the commands alike.

export interface ListenAddress {
  readonly host: string;
  /** 0 takes any free one. */
  readonly port: number;
}

/** `HOST:PORT` or a port of this machine alone; undefined for anything else. */
export function parseListenAddress(text: string): ListenAddress | undefined {
  const found = /^(?:(\[[0-9a-fA-F:.]+\]|[^:\s]+):)?(\d{1,5})$/.exec(text);
  const port = Number(found?.[2]);
  if (found === null || port > 65_535) return undefined;
  return { host: (found[1] ?? '127.0.0.1').replace(/^\[|\]$/g, ''), port };
}

/** What listens there is reached from this machine alone. */
export const isLoopbackHost = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
