// What options of TEE proofs say against each other, and against those of the listener.
import { isLoopback } from './attest.js';
import { flagOf, type OptionValues } from './options.js';

type Concerned =
  | 'tee'
  | 'tee2fa'
  | 'teePrograms'
  | 'listen'
  | 'teeRegistry'
  | 'teeChainId'
  | 'teeRpc'
  | 'teeKeyFile'
  | 'teeRegistrar'
  | 'teeBinding'
  | 'teeTcbStatuses'
  | 'teeConfirmations';

/** Chains of development, on which a quote that proves nothing may stand. */
const developmentChains: readonly number[] = [1337, 31337];

/** A sentence for each contradiction. */
export function teeContradictions(config: Pick<OptionValues, Concerned>): string[] {
  const { tee, teeRegistry, teeChainId, teeRpc, teeKeyFile, teeRegistrar } = config;
  const found: string[] = [];
  const registry = flagOf('teeRegistry');
  if (tee === 'dev' && !isLoopback(config.listen.host))
    found.push(
      `${flagOf('tee')} dev is for this machine alone: nothing vouches for its key. Listen on 127.0.0.1, or leave it out`,
    );
  if (tee === 'off' && config.tee2fa === 'on')
    found.push(`${flagOf('tee2fa')} on needs ${flagOf('tee')}: without it nothing is signed`);
  if (tee === 'off' && config.teePrograms !== undefined)
    found.push(`${flagOf('teePrograms')} needs ${flagOf('tee')}: without it nothing is signed`);
  if (tee === 'off' && teeRegistry !== undefined) found.push(`${registry} needs ${flagOf('tee')}: who quotes the keys`);
  if (teeRegistry === undefined) return [...found, ...withoutRegistry(config)];
  if (teeChainId === undefined) found.push(`${registry} needs ${flagOf('teeChainId')}: the chain that it is on`);
  if (teeRpc.length === 0) found.push(`${registry} needs ${flagOf('teeRpc')}: where that chain is asked`);
  if (teeRegistrar === 'self' && teeKeyFile === undefined)
    found.push(
      `${registry} needs ${flagOf('teeKeyFile')}: the account that pays; or ${flagOf('teeRegistrar')} external, if you send registrations yourself`,
    );
  if (teeRegistrar === 'external' && teeKeyFile !== undefined)
    found.push(`${flagOf('teeRegistrar')} external sends nothing: leave ${flagOf('teeKeyFile')} out`);
  if (teeKeyFile !== undefined && /^(0x)?[0-9a-fA-F]{64}$/.test(teeKeyFile))
    found.push(
      `${flagOf('teeKeyFile')} is the name of a file, and what was given is a key: others have seen it by now (shell history, list of processes). Use another account, and write its key into a file of mode 600`,
    );
  if (tee === 'dev' && teeChainId !== undefined && !developmentChains.includes(teeChainId))
    found.push(
      `${flagOf('tee')} dev is for chains of development (${developmentChains.join(', ')}): no real registry takes its quotes`,
    );
  return found;
}

function withoutRegistry(config: Pick<OptionValues, Concerned>): string[] {
  const found: string[] = [];
  for (const name of ['teeChainId', 'teeKeyFile', 'teeConfirmations'] as const)
    if (config[name] !== undefined) found.push(`${flagOf(name)} needs ${flagOf('teeRegistry')}: what it is for`);
  if (config.teeTcbStatuses.join() !== '0')
    found.push(`${flagOf('teeTcbStatuses')} needs ${flagOf('teeRegistry')}: what it is about`);
  if (config.teeRpc.length > 0) found.push(`${flagOf('teeRpc')} needs ${flagOf('teeRegistry')}: what is asked there`);
  if (config.teeRegistrar === 'external' || config.teeBinding === 'v1')
    found.push(
      `${flagOf(config.teeBinding === 'v1' ? 'teeBinding' : 'teeRegistrar')} needs ${flagOf('teeRegistry')}: what it is about`,
    );
  return found;
}
