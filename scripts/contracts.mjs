// `npm run contracts`: compiles contracts/ and writes ABI and bytecode to src/contracts/generated/. `-- --check` compares them instead.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { requireNode } from './setup/node.mjs';

await requireNode();
const { checkout } = await import('./setup/folders.mjs');
const { installPackages } = await import('./setup/packages.mjs');
const { Problem } = await import('./setup/problem.mjs');
const { createReport } = await import('./setup/report.mjs');
const { run } = await import('./setup/run.mjs');

const folder = join(checkout, 'contracts');
const generated = join(checkout, 'src', 'contracts', 'generated');
/** Contract → the file and the constant that hold it. */
const contracts = {
  SP1TEEProverRegistry: 'proverRegistry',
  SP1MultiProof: 'multiProof',
  MockDcapVerifier: 'mockDcapVerifier',
};

/** One line for each function, event and error, so that a change is seen. */
function moduleOf(contract) {
  const { abi, bytecode } = JSON.parse(
    readFileSync(join(folder, 'out', `${contract}.sol`, `${contract}.json`), 'utf8'),
  );
  const withoutSourceTypes = (key, value) => (key === 'internalType' ? undefined : value);
  const lines = abi.map((item) => `    ${JSON.stringify(item, withoutSourceTypes)},\n`).join('');
  return `// Generated from contracts/src/ by \`npm run contracts\`. Do not edit.

export const ${contracts[contract]} = {
  abi: [
${lines}  ],
  bytecode: '${bytecode.object}',
} as const;
`;
}

const isCheck = process.argv.includes('--check');
const report = createReport({ everyStep: false });
try {
  await report.step('contract tools', (progress) => installPackages(folder, progress));
  await run(join('node_modules', '.bin', 'forge'), ['build', '--offline'], {
    cwd: folder,
    env: process.env,
    what: '`forge build`',
  });
  mkdirSync(generated, { recursive: true });
  for (const contract of Object.keys(contracts)) {
    const path = join(generated, `${contracts[contract]}.ts`);
    const text = moduleOf(contract);
    if (!isCheck) writeFileSync(path, text);
    else if (readFileSync(path, 'utf8') !== text)
      throw new Problem(`${path} is not what contracts/src/ compiles to. Run \`npm run contracts\` and commit it.`);
  }
} catch (error) {
  if (!(error instanceof Problem)) throw error;
  report.line(error.message);
  process.exitCode = 1;
}
