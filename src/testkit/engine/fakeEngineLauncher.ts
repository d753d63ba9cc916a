// Makes the fake engine an executable file, so that a lane starts it exactly as it starts the real engine.
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FakeScript } from './fakeEngineScript.js';

const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;

/**
 * Writes `folder/fake-engine` (0700) and beside it the script that it follows, and answers the executable's path. Run it with
 * `--role execute|prove --socket PATH` and a pipe as standard input. Give each role that behaves differently its own `name`.
 */
export async function installFakeEngine(folder: string, script: FakeScript, name = 'fake-engine'): Promise<string> {
  const executable = join(folder, name);
  const scriptFile = `${executable}.json`;
  await writeFile(scriptFile, JSON.stringify(script));
  const main = fileURLToPath(new URL('./fakeEngine.main.ts', import.meta.url));
  const tsx = import.meta.resolve('tsx');
  const command = [process.execPath, '--import', tsx, main, '--script', scriptFile].map(quoted).join(' ');
  // `exec`: the lane's signals reach Node itself, not a shell in front of it.
  await writeFile(executable, `#!/bin/sh\nexec ${command} "$@"\n`);
  await chmod(executable, 0o700);
  return executable;
}
