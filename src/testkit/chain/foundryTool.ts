// Where forge and anvil of contracts/node_modules lie: the programs themselves, since npm's wrapper would outlive a signal.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const architectures: Record<string, string> = { x64: 'amd64', arm64: 'arm64' };

export const contractsFolder = fileURLToPath(new URL('../../../contracts', import.meta.url));

export function foundryTool(name: 'forge' | 'anvil'): string {
  const platform = `${process.platform}-${architectures[process.arch]}`;
  const path = `${contractsFolder}/node_modules/@foundry-rs/${name}-${platform}/bin/${name}`;
  assert.ok(existsSync(path), `${path} is missing: npm run contracts installs it, and so does npm test`);
  return path;
}
