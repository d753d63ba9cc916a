// `npm run demo:tee`: sets up what is missing, then shows TEE proofs on a chain of this machine (scripts/demoTee/main.ts).
import { requireNode } from './setup/node.mjs';

await requireNode();
const { spawn } = await import('node:child_process');
const { join } = await import('node:path');
const { checkout } = await import('./setup/folders.mjs');
const { setUp } = await import('./setup/setUp.mjs');

const given = process.env.SEALED_ENGINE;
const result = await setUp({ rust: given ? 'none' : 'required', contractTools: true });
if (!result.ok) process.exit(1);

const main = join(checkout, 'scripts', 'demoTee', 'main.ts');
const nodeArgs = ['--import', 'tsx', '--conditions=development', main];
const env = { ...process.env, SEALED_ENGINE: given ?? result.engine };
const child = spawn(process.execPath, nodeArgs, {
  cwd: checkout,
  env,
  stdio: 'inherit',
});
// Ctrl-C reaches the demonstration too, which stops what it has started.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => {});
child.on('close', (code) => {
  process.exitCode = code ?? 1;
});
