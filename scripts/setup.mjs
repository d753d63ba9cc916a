// `npm run setup`: everything a fresh clone needs, in the right order. Safe to interrupt and to run again.
// Only Node's built-ins, here and in setup/: it runs before anything is installed.
import { requireNode } from './setup/node.mjs';

await requireNode();
const { setUp } = await import('./setup/setUp.mjs');
const { createReport } = await import('./setup/report.mjs');

const usage = `Usage: npm run setup [-- OPTION]

Installs the npm packages, compiles dist/ and builds the proving engine (about 10 minutes the first time).

  --conformance   also what only tests need: the client that drives the real Rust SDK, the second verifier of quotes, the example client
                  of TEE proofs, the tools for contracts, the Miden client
  --no-engine     leave Rust alone: npm packages and dist/ only
  --help          this text

CARGO_BUILD_JOBS limits how many crates compile at once; XDG_CACHE_HOME moves the cache.
`;

const options = new Set(process.argv.slice(2));
const known = ['--conformance', '--no-engine', '--help'];
const unknown = [...options].find((option) => !known.includes(option));
if (unknown !== undefined) {
  process.stderr.write(`Unknown option ${unknown}. Known: ${known.join(', ')}.\n`);
  process.exit(2);
}
if (options.has('--help')) {
  process.stdout.write(usage);
  process.exit(0);
}

const report = createReport({ everyStep: true });
const result = await setUp({
  report,
  rust: options.has('--no-engine') ? 'none' : 'required',
  conformance: options.has('--conformance'),
  oracle: options.has('--conformance'),
  teeClient: options.has('--conformance'),
  contractTools: options.has('--conformance'),
  interop: options.has('--conformance'),
});
if (result.rustMissing) report.line('Until then everything written in TypeScript works: npm run test:fast');
if (!result.ok) process.exit(1);
report.line(result.changed ? 'Next: npm run demo' : 'Everything was in place. Next: npm run demo');
