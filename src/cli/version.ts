// `sealed-prover version`: of this package, of the engine that would be used, and of the circuits.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { circuitVersion } from '../client/requestProof.js';
import type { Cli } from './cli.js';
import { locateEngine } from './locateEngine.js';
import { toJson } from './output.js';

/** The package's own version. */
export function packageVersion(): string {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}

export function runVersion(cli: Cli, options: { engine?: string; json?: true }): number {
  const located = locateEngine({ given: options.engine, environment: cli.environment });
  const asked = located.found ? spawnSync(located.path, ['--version'], { encoding: 'utf8' }) : undefined;
  const engine = asked?.status === 0 ? asked.stdout.trim() : undefined;
  const versions = { version: packageVersion(), sp1: engine, circuits: circuitVersion, node: process.versions.node };
  if (options.json) {
    cli.output.print(toJson({ ...versions, ...(located.found && { engine: located.path }) }));
  } else {
    cli.output.print(`sealed-prover  ${versions.version}`);
    cli.output.print(`SP1 engine     ${engine ?? 'none'}${located.found ? ` (${located.path})` : ''}`);
    cli.output.print(`Circuits       ${circuitVersion}`);
    cli.output.print(`Node.js        ${versions.node}`);
  }
  return 0;
}
