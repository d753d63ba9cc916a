// The verifying key of a program: computed by the local engine once per ELF, then kept in the user's cache.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ProgramKey } from '../client/client.js';
import { encodeProgram } from '../client/encode.js';
import { parseVk, vkHash } from '../engines/vk.js';
import { fileProblem } from '../fileProblem.js';
import { createBusyLine } from './busyLine.js';
import { type Cli, CliError } from './cli.js';
import { cacheFolder } from './folders.js';
import { withLocalEngine } from './localEngine.js';
import { locateEngine } from './locateEngine.js';

/** Part of the cache's name: other releases may give an ELF another key (sp1-sdk 6.8.1 did). */
const crateVersion = '6.10.0';

const keyOf = (vk: Uint8Array): ProgramKey | undefined => {
  const parsed = parseVk(vk);
  return parsed && { vk, vkHash: vkHash(parsed) };
};

function readKept(path: string): ProgramKey | undefined {
  try {
    return keyOf(readFileSync(path));
  } catch {
    // Not kept yet, or damaged: computed again.
    return undefined;
  }
}

/** `engine` is `--engine`. Throws CliError when the key is not kept and there is no engine to compute it. */
export async function programKeyOf(
  cli: Cli,
  elf: Uint8Array,
  { engine, signal }: { engine: string | undefined; signal: AbortSignal },
): Promise<ProgramKey> {
  const cache = cacheFolder(cli.environment);
  const name = `${createHash('sha256').update(elf).digest('hex')}.vk`;
  const path = cache && join(cache, 'keys', crateVersion, name);
  const kept = path && readKept(path);
  if (kept) return kept;

  const located = locateEngine({ given: engine, environment: cli.environment });
  if (!located.found) throw new CliError('ENGINE_MISSING', located.problem);
  const program = await encodeProgram(elf);
  const line = createBusyLine(cli.output, cli.clock, 'Setting the program up: about ten seconds, once per program');
  let vk: Uint8Array;
  try {
    vk = await withLocalEngine(located.path, { clock: cli.clock, signal }, (local) => local.setup(program));
  } finally {
    line.end();
  }
  const key = keyOf(vk);
  if (key === undefined) throw new CliError('ENGINE_REFUSED', 'The engine answered with a verifying key that is none.');
  if (path) keep(path, vk, cli);
  return key;
}

/** It only saves time: where it cannot be kept, the command goes on. */
function keep(path: string, vk: Uint8Array, { output }: Cli): void {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const partial = `${path}.${process.pid}`;
    writeFileSync(partial, vk);
    renameSync(partial, path);
  } catch (error) {
    output.note(`The program's key cannot be kept in ${dirname(path)} (${fileProblem(error)}): it is made each time.`);
  }
}
