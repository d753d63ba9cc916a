// `npm start -- OPTIONS`: sets up what is missing, then serves in this very process, so that signals reach the service.
import { requireNode } from './setup/node.mjs';

await requireNode();
const { join } = await import('node:path');
const { pathToFileURL } = await import('node:url');
const { checkout } = await import('./setup/folders.mjs');
const { setUp } = await import('./setup/setUp.mjs');

const args = process.argv.slice(2);
const bringsEngine =
  Boolean(process.env.SEALED_ENGINE) || args.some((arg) => arg === '--engine' || arg.startsWith('--engine='));
const onlyAsks = args.includes('--help') || args.includes('-h');
const result = await setUp({ rust: bringsEngine || onlyAsks ? 'none' : 'required' });
if (!result.ok) process.exit(1);

const cli = join(checkout, 'dist', 'cli.js');
process.argv = [process.execPath, cli, 'serve', ...args];
await import(pathToFileURL(cli).href);
