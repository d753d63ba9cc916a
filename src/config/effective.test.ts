// What operators are shown of the configuration: all of it, and of secrets nothing.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { temporaryFolder } from '../testkit/temporaryFolder.js';
import { effectiveOptions } from './effective.js';
import { type ConfigSources, loadConfig } from './load.js';
import { optionNames, options } from './options.js';

const shownBy = (sources: ConfigSources) =>
  new Map(effectiveOptions(loadConfig(sources)).map((option) => [option.name as string, option]));

describe('the configuration as it is shown', () => {
  it('has every option, with its default where nobody has set it', () => {
    const shown = shownBy({ flags: { data: 'd' }, environment: { AWS_REGION: 'eu-central-1' } });
    assert.deepEqual([...shown.keys()], optionNames);
    for (const name of optionNames) {
      const { default: fallback } = options[name];
      if (fallback !== undefined)
        assert.deepEqual([shown.get(name)?.value, shown.get(name)?.from], [fallback, undefined]);
    }
    assert.deepEqual([shown.get('cpuProveLanes')?.value, shown.get('cpuProveLanes')?.from], ['1', undefined]);
    assert.equal(shown.get('data')?.value, join(process.cwd(), 'd'));
    assert.equal(shown.get('adminSocket')?.value, join(process.cwd(), 'd', 'admin.sock'));
    assert.equal(shown.get('tlsCert')?.value, '');
  });

  it('says where each was set, as it was written there', () => {
    const file = join(temporaryFolder('effective'), 'config.json');
    writeFileSync(file, JSON.stringify({ uploads: 5, drainTimeout: '90s', holdFailed: '1h' }));
    const shown = shownBy({
      flags: { data: '/d', drainTimeout: '20s' },
      environment: { SEALED_HOLD_FAILED: '60m', SEALED_ADMIN_SOCKET: 'off' },
      file,
    });
    const told = (name: string) => [shown.get(name)?.value, shown.get(name)?.from];
    assert.deepEqual(told('uploads'), ['5', `"uploads" in ${file}`]);
    assert.deepEqual(told('drainTimeout'), ['20s', '--drain-timeout']);
    assert.deepEqual(told('holdFailed'), ['60m', 'SEALED_HOLD_FAILED']);
    assert.deepEqual(told('adminSocket'), ['off', 'SEALED_ADMIN_SOCKET']);
  });

  it('shows no key of a URL that has one, in whichever option it may stand', () => {
    const canary = 'CANARY4711';
    /** Names of files, of hosts and of GPUs' sockets: where a URL would mean nothing. */
    const named = (name: string) =>
      /^(FILE|DIR|PATH)/.test(options[name as 'data'].placeholder) || ['gpuSockets', 'networkHosts'].includes(name);
    const urls = [
      `https://host/${canary}`,
      `https://host/?key=${canary}`,
      `https://u:${canary}@host/`,
      `https://host/#${canary}`,
    ];
    const takes = optionNames.filter(
      (name) =>
        !named(name) && urls.some((url) => JSON.stringify(options[name].schema.safeParse(url).data)?.includes(canary)),
    );
    assert.deepEqual(new Set(takes), new Set(['tracesTo', 'teeRpc']));
    for (const name of takes) assert.equal(options[name].isSecret, true, name);
    const shown = shownBy({
      flags: { data: '/d', tracesTo: `https://host/${canary}` },
      environment: {},
    });
    assert.deepEqual([shown.get('tracesTo')?.value, shown.get('tracesTo')?.isSecret], ['set', true]);
    const byVariable = shownBy({
      flags: { data: '/d' },
      environment: { OTEL_EXPORTER_OTLP_ENDPOINT: `https://host/${canary}` },
    });
    assert.equal(byVariable.get('tracesTo')?.value, 'set');
    for (const each of [shown, byVariable]) assert.ok(!JSON.stringify([...each]).includes(canary));
    assert.equal(shownBy({ flags: { data: '/d' }, environment: {} }).get('tracesTo')?.value, '');
  });
});
