// The listener of operators who are elsewhere: TCP, by TLS beyond this machine, for those on the list of --operators.
import type { Clock } from '../clock.js';
import type { Config } from '../config/load.js';
import { type WatchedFile, watchFile } from '../config/watchedFile.js';
import type { Log } from '../log.js';
import type { Door } from '../rpc/admin/access/door.js';
import { createListDoor } from '../rpc/admin/access/listDoor.js';
import { Operators } from '../rpc/admin/access/operators.js';
import { createOwnHost } from '../rpc/admin/access/ownHost.js';
import type { ListenerParameters } from '../transport/front/createListener.js';
import type { Front, FrontLimits } from '../transport/front/front.js';
import { openTls } from './tls.js';

/** All that operators are served, behind a door. */
export type ListenerFor = (door: Door, rest?: Pick<ListenerParameters, 'tls' | 'limits'>) => Front;

export interface AdminPortParameters {
  readonly config: Pick<
    Config,
    | 'adminListen'
    | 'operators'
    | 'adminTlsCert'
    | 'adminTlsKey'
    | 'adminTlsClientCa'
    | 'tlsCert'
    | 'tlsKey'
    | 'tlsClientCa'
  >;
  readonly listenerFor: ListenerFor;
  readonly clock: Clock;
  readonly log: Log;
}

/** Operators are few, with some tabs each. */
const limits: FrontLimits = { silenceMs: 10_000, silent: 64, connections: 512, connectionsPerNetwork: 256 };

/** Undefined where none is wanted. Throws a WatchedFileError or an AdminStartError. */
export async function openAdminPort({
  config,
  listenerFor,
  clock,
  log,
}: AdminPortParameters): Promise<Pick<Front, 'close'> | undefined> {
  const { adminListen, operators: path, adminTlsCert, adminTlsKey } = config;
  if (adminListen === undefined) return undefined;
  // The configuration is refused before without it. A port that was to be guarded must not open unguarded.
  if (path === undefined) throw new AdminStartError('--admin-listen needs --operators.');
  const tlsClientCa = config.adminTlsClientCa ?? config.tlsClientCa;
  const own = { tlsCert: adminTlsCert ?? config.tlsCert, tlsKey: adminTlsKey ?? config.tlsKey };
  const tls = openTls({ ...own, tlsClientCa, plaintext: 'loopback' }, { clock, log });
  let file: WatchedFile | undefined;
  const closeFiles = () => {
    file?.close();
    tls?.close();
  };
  try {
    const operators = new Operators({ certificates: tls !== undefined && tlsClientCa !== undefined });
    file = watchFile({ path, what: 'The operators file', take: (text) => operators.replace(text), clock, log });
    const isOwnHost = createOwnHost(() => tls?.certificate());
    const front = listenerFor(createListDoor({ operators, isOwnHost, clock }), { tls, limits });
    const { host, port } = await front.listen(adminListen).catch((error: NodeJS.ErrnoException) => {
      const at = `${adminListen.host}:${adminListen.port}`;
      throw new AdminStartError(
        `Operators cannot come in at ${at} (${error.code}). Choose another place with --admin-listen.`,
        { cause: error },
      );
    });
    log.info({ event: 'admin.listening', host, port, tls: tls !== undefined }, 'operators on the list may come');
    return {
      async close(graceMs) {
        await front.close(graceMs);
        closeFiles();
      },
    };
  } catch (error) {
    closeFiles();
    throw error;
  }
}

/** Shown to the operator as it is. */
class AdminStartError extends Error {
  override readonly name = 'AdminStartError';
}
