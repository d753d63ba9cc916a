// `npm run bench -- OPTIONS`: sets up what is missing, then runs bench/run.ts with the paths of the binaries in SEALED_ENGINE and CONFORMANCE_CLIENT.
import { requireNode } from './setup/node.mjs';

await requireNode();
const { spawn } = await import('node:child_process');
const { checkout } = await import('./setup/folders.mjs');
const { setUp } = await import('./setup/setUp.mjs');

const result = await setUp({ rust: 'optional', conformance: true, contractTools: true });
if (!result.ok) process.exit(1);
const env = { ...process.env };
if (result.engine) env.SEALED_ENGINE ??= result.engine;
if (result.oracle) env.ATTESTATION_ORACLE ??= result.oracle;
if (result.conformance) env.CONFORMANCE_CLIENT ??= result.conformance;
const child = spawn(process.execPath, ['--import', 'tsx', 'bench/run.ts', ...process.argv.slice(2)], {
  cwd: checkout,
  env,
  stdio: 'inherit',
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.on('close', (code) => {
  process.exitCode = code ?? 1;
});
