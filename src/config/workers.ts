// What must hold between the options for provers on other machines.
import { flagOf, type OptionValues } from './options.js';

type Given = Pick<
  OptionValues,
  'workersListen' | 'workersCa' | 'workersCert' | 'workersKey' | 'tlsCert' | 'tlsKey' | 'listen'
>;

export function workersContradictions(given: Given): string[] {
  const { workersListen, workersCa, workersCert, workersKey, tlsCert, listen } = given;
  const found: string[] = [];
  if (workersListen === undefined) {
    for (const name of ['workersCa', 'workersCert', 'workersKey'] as const)
      if (given[name] !== undefined)
        found.push(`${flagOf(name)} needs ${flagOf('workersListen')}: where workers come in`);
    return found;
  }
  if (workersCa === undefined)
    found.push(`${flagOf('workersListen')} needs ${flagOf('workersCa')}: nobody else may see inputs`);
  if ((workersCert === undefined) !== (workersKey === undefined))
    found.push(`${flagOf('workersCert')} and ${flagOf('workersKey')} need each other`);
  else if (workersCert === undefined && tlsCert === undefined)
    found.push(
      `${flagOf('workersListen')} needs ${flagOf('workersCert')} and ${flagOf('workersKey')}, or ${flagOf('tlsCert')} and ${flagOf('tlsKey')}: inputs go to workers by TLS alone`,
    );
  if (workersListen.port !== 0 && workersListen.port === listen.port && workersListen.host === listen.host)
    found.push(`${flagOf('workersListen')} and ${flagOf('listen')} are the same: workers have a port of their own`);
  return found;
}
