// The pattern for dstack in ops/dstack: what its policy asks is what its compose file does, and no more.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parsePolicy } from '../policy/parsePolicy.js';
import { checkImages, checkSettings } from '../verdict/composeChecks.js';
import { readServices } from './services.js';

const read = (name: string) => readFileSync(new URL(`../../../../ops/dstack/${name}`, import.meta.url), 'utf8');
const app = { runner: 'docker-compose', composeFile: '', hasPublicLogs: false, allowedEnvs: [], scripts: [] };

async function checked(composeFile: string): Promise<string> {
  const { policy } = await parsePolicy(read('policy.json'));
  assert.ok(policy.compose);
  const services = await readServices(composeFile);
  checkImages(services, policy.compose);
  return await checkSettings(app, services, policy.compose);
}

test('the pattern for dstack fulfils its own policy', async () => {
  assert.equal(await checked(read('docker-compose.yaml')), 'As listed.');
});

test('a port more, the agent’s socket in the service, or an image by tag is refused by that policy', async () => {
  const file = read('docker-compose.yaml');
  await assert.rejects(checked(file.replace('"443:443"', '"443:443"\n      - "8080:8080"')), /8080/);
  await assert.rejects(checked(file.replace('- data:/data', '- data:/data\n      - /var/run:/agent')), /sealed-prover/);
  await assert.rejects(checked(file.replace(/sp1-gpu-server@sha256:0+/, 'sp1-gpu-server:latest')), /gpu/);
});
