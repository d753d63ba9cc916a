// `npm run demo -- OPTIONS`: sets up what is missing, then runs the demonstration (src/cli/demo.ts).
import { requireNode } from './setup/node.mjs';

await requireNode();
const { join } = await import('node:path');
const { pathToFileURL } = await import('node:url');
const { checkout } = await import('./setup/folders.mjs');
const { setUp } = await import('./setup/setUp.mjs');

const args = process.argv.slice(2);
const onlyAsks = args.includes('--help') || args.includes('-h');
const result = await setUp({ rust: onlyAsks || process.env.SEALED_ENGINE ? 'none' : 'required' });
if (!result.ok) process.exit(1);

const cli = join(checkout, 'dist', 'cli.js');
process.argv = [process.execPath, cli, 'demo', ...args];
await import(pathToFileURL(cli).href);
