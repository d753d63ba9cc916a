// What must hold between the options for operators.
import { isLoopbackHost } from './listenAddress.js';
import { flagOf, type OptionValues } from './options.js';

type Given = Pick<
  OptionValues,
  | 'adminListen'
  | 'operators'
  | 'adminTlsCert'
  | 'adminTlsKey'
  | 'adminTlsClientCa'
  | 'tlsCert'
  | 'listen'
  | 'metricsListen'
  | 'workersListen'
>;

export function adminContradictions(given: Given): string[] {
  const { adminListen, operators, adminTlsCert, adminTlsKey, adminTlsClientCa, tlsCert } = given;
  if (adminListen === undefined)
    return (['operators', 'adminTlsCert', 'adminTlsKey', 'adminTlsClientCa'] as const)
      .filter((name) => given[name] !== undefined)
      .map((name) => `${flagOf(name)} needs ${flagOf('adminListen')}: where operators come in`);
  const found: string[] = [];
  if (operators === undefined)
    found.push(`${flagOf('adminListen')} needs ${flagOf('operators')}: nobody comes in there without a credential`);
  if ((adminTlsCert === undefined) !== (adminTlsKey === undefined))
    found.push(`${flagOf('adminTlsCert')} and ${flagOf('adminTlsKey')} need each other`);
  const hasTls = adminTlsCert !== undefined || tlsCert !== undefined;
  if (!hasTls && !isLoopbackHost(adminListen.host))
    found.push(
      `${flagOf('adminListen')} ${adminListen.host}:${adminListen.port} is beyond this machine and needs ${flagOf('adminTlsCert')} and ${flagOf('adminTlsKey')}, or ${flagOf('tlsCert')} and ${flagOf('tlsKey')}: credentials go there by TLS alone`,
    );
  if (!hasTls && adminTlsClientCa !== undefined)
    found.push(
      `${flagOf('adminTlsClientCa')} needs ${flagOf('adminTlsCert')}: without TLS there are no client certificates`,
    );
  for (const name of ['listen', 'metricsListen', 'workersListen'] as const) {
    const other = given[name];
    if (other !== undefined && other.port !== 0 && other.port === adminListen.port && other.host === adminListen.host)
      found.push(`${flagOf('adminListen')} and ${flagOf(name)} are the same: operators have a port of their own`);
  }
  return found;
}
