// `npm run fuzz -- OPTIONS`: sets up what is missing, then runs test/fuzz/run.ts. It needs no engine: the service under fuzz has a fake one.
import { requireNode } from './setup/node.mjs';

await requireNode();
const { spawn } = await import('node:child_process');
const { checkout } = await import('./setup/folders.mjs');
const { setUp } = await import('./setup/setUp.mjs');

const result = await setUp({ rust: 'none', conformance: false });
if (!result.ok) process.exit(1);
const args = ['--import', 'tsx', '--conditions=development', 'test/fuzz/run.ts', ...process.argv.slice(2)];
const child = spawn(process.execPath, args, { cwd: checkout, stdio: 'inherit' });
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.on('close', (code) => {
  process.exitCode = code ?? 1;
});
