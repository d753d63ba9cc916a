import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { temporaryFolder } from '../testkit/temporaryFolder.js';
import { type Config, ConfigError, loadConfig } from './load.js';
import { environmentNameOf, flagOf, optionNames, options } from './options.js';

const load = (flags: Record<string, string>, environment: Record<string, string> = {}, file?: string): Config =>
  loadConfig({ flags, environment, file });

function problemsOf(work: () => unknown): readonly string[] {
  try {
    work();
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

function fileWith(content: string): string {
  const path = join(temporaryFolder('config'), 'config.json');
  writeFileSync(path, content);
  return path;
}

describe('loadConfig', () => {
  it('has a value for every option when nothing is given', () => {
    const config = load({}, { XDG_DATA_HOME: '/somewhere' });
    assert.deepEqual(config.listen, { host: '127.0.0.1', port: 8080 });
    assert.equal(config.data, '/somewhere/sealed-prover');
    assert.equal(config.cpuProveLanes, 1);
    assert.equal(config.maxStdinSize, 2 ** 30);
    assert.equal(config.proofRetention, 7 * 86_400_000);
    assert.ok(Object.isFrozen(config));
  });

  it('keeps records for 90 days, for good, or as long as proofs at least', () => {
    assert.equal(load({}).recordRetention, 90 * 86_400_000);
    assert.equal(load({ recordRetention: 'never' }).recordRetention, undefined);
    assert.match(problemsOf(() => load({ recordRetention: '1s' }))[0] ?? '', /must be "never" or .* 1m at least/);
    const shorter = problemsOf(() => load({ recordRetention: '6d' }));
    assert.deepEqual(shorter, [
      '--record-retention is less than --proof-retention: without its record nobody could ask for a proof',
    ]);
  });

  it('holds polls for no longer than the SDK sleeps between two of them', () => {
    assert.equal(load({ holdPolls: '0s' }).holdPolls, 0);
    assert.equal(load({}).holdPolls, 2_000);
    assert.match(problemsOf(() => load({ holdPolls: '10s' }))[0] ?? '', /must be at most 2s/);
  });

  it('finds a collector of traces as OpenTelemetry says, and sends none where nothing names it', () => {
    const common = 'OTEL_EXPORTER_OTLP_ENDPOINT';
    assert.equal(load({}).tracesTo, undefined);
    assert.equal(load({}, { [common]: '' }).tracesTo, undefined);
    assert.equal(load({}, { [common]: 'http://collector:4318/' }).tracesTo, 'http://collector:4318');
    assert.equal(load({}, { [common]: 'https://otlp.example.org/a/b' }).tracesTo, 'https://otlp.example.org/a/b');
    const own = { tracesTo: 'http://127.0.0.1:4318' };
    assert.equal(load(own, { [common]: 'http://collector:4318' }).tracesTo, own.tracesTo);
    for (const wrong of ['collector:4318', 'ftp://collector', 'http://user:secret@collector', 'http://collector/?a=b'])
      assert.deepEqual(
        problemsOf(() => load({}, { [common]: wrong })),
        [`${common}: must be a URL such as http://127.0.0.1:4318`],
      );
  });

  it('refuses half of what TLS needs', () => {
    assert.match(problemsOf(() => load({ tlsCert: 'c' }))[0] ?? '', /--tls-cert and --tls-key need each other/);
    assert.match(problemsOf(() => load({ plaintext: 'never' }))[0] ?? '', /--plaintext needs --tls-cert/);
    assert.equal(load({ tlsCert: 'c', tlsKey: 'k', tlsClientCa: 'a', plaintext: 'never' }).plaintext, 'never');
  });

  it('prefers a flag to the environment, and the environment to the file', () => {
    const file = fileWith('{"listen": "1.1.1.1:1", "uploads": 3, "executeLanes": 2}');
    const config = load({ listen: '[::1]:3' }, { SEALED_LISTEN: '2.2.2.2:2', SEALED_UPLOADS: '5' }, file);
    assert.deepEqual(config.listen, { host: '::1', port: 3 });
    assert.equal(config.uploads, 5);
    assert.equal(config.executeLanes, 2);
  });

  it('takes the defaults of an image only where nothing else is said', () => {
    const defaults = { SEALED_DEFAULTS: fileWith('{"listen": "0.0.0.0:8080", "uploads": 7, "data": "/data"}') };
    const file = fileWith('{"listen": "1.1.1.1:1"}');
    const config = load({}, { ...defaults, SEALED_UPLOADS: '5' }, file);
    assert.deepEqual(config.listen, { host: '1.1.1.1', port: 1 });
    assert.deepEqual([config.uploads, config.data], [5, '/data']);
    assert.deepEqual(load({}, defaults).listen, { host: '0.0.0.0', port: 8080 });
    assert.match(problemsOf(() => load({}, { SEALED_DEFAULTS: '/nowhere' }))[0] ?? '', /\/nowhere cannot be read/);
  });

  it('reads every option from its environment variable and names it when it is wrong', () => {
    for (const name of optionNames) {
      const variable = environmentNameOf(name);
      if (options[name].schema.safeParse('').success) continue;
      assert.match(problemsOf(() => load({}, { [variable]: '' }))[0] ?? '', new RegExp(`^${variable}: `), name);
    }
  });

  it('says in words of its own what is wrong with each option', () => {
    for (const name of optionNames) {
      for (const text of ['', ' ', '%', '-1', '1e99', '\u0000']) {
        const [problem = ''] = problemsOf(() => load({ [name]: text }));
        assert.doesNotMatch(
          problem,
          /expected|Invalid|received|Too small|Too big|string|undefined|NaN/,
          `${name}=${text}`,
        );
      }
    }
  });

  it('names the nearest option for an unknown variable or file entry, all at once', () => {
    const file = fileWith('{"lsiten": "x"}');
    const problems = problemsOf(() => load({}, { SEALED_LISTN: 'x' }, file)).join('\n');
    assert.match(problems, /SEALED_LISTN: .* did you mean SEALED_LISTEN\?/);
    assert.match(problems, /"lsiten" in .* did you mean "listen"\?/);
  });

  it('suggests what is near, and nothing where nothing is', () => {
    const said = (name: string, value = 'x') => problemsOf(() => load({}, { [name]: value })).join('\n');
    assert.match(said('SEALED_DATA_DIR'), /SEALED_DATA_DIR: there is no such option; did you mean SEALED_DATA\?/);
    assert.match(said('SEALED_PUBIC_URL'), /did you mean SEALED_PUBLIC_URL\?/);
    assert.match(said('SEALED_MAX_STDIN'), /did you mean SEALED_MAX_STDIN_SIZE\?/);
    assert.match(said('SEALED_LISTEN_PORT', '8081'), /did you mean SEALED_LISTEN\?/);
    for (const name of ['SEALED_COLOUR_SCHEME_OF_LOGS', 'SEALED_X', 'SEALED_', 'SEALED_S3_URL', 'SEALED_MAX_LOSSES'])
      assert.match(said(name), new RegExp(`^${name}: there is no such option; docs/configuration\\.md has them all$`));
    const file = fileWith('{"colourOfLogs": "x"}');
    assert.doesNotMatch(problemsOf(() => load({}, {}, file)).join(), /did you mean/);
  });

  it('wants a unit with a duration, wherever it is given', () => {
    const said = (...of: Parameters<typeof load>) => problemsOf(() => load(...of)).join('\n');
    assert.match(
      said({ drainTimeout: '10000' }),
      /--drain-timeout: must be a length of time with its unit, such as 500ms/,
    );
    assert.match(said({}, { SEALED_DRAIN_TIMEOUT: '10' }), /SEALED_DRAIN_TIMEOUT: must be .*, not "10"/);
    assert.match(said({}, {}, fileWith('{"drainTimeout": 10000}')), /"drainTimeout" in .*: must be .* unit/);
    assert.equal(load({ drainTimeout: '10000ms' }).drainTimeout, 10_000);
  });

  it('says in its own words what is wrong with a value of any option', () => {
    for (const name of optionNames) {
      for (const value of ['', '\0', '-1', '../..']) {
        const problems = problemsOf(() => load({ [name]: value })).join('\n');
        assert.doesNotMatch(problems, /invalid (input|option|string|type)|too small|expected|not valid/i, name);
      }
    }
  });

  it('refuses values out of range, with what is allowed', () => {
    assert.match(
      problemsOf(() => load({ uploads: '0' }))[0] ?? '',
      /--uploads: must be a whole number from 1 to 64, not "0"/,
    );
    assert.match(problemsOf(() => load({ listen: '127.0.0.1:99999' }))[0] ?? '', /HOST:PORT/);
    assert.match(problemsOf(() => load({ publicUrl: 'ftp://x/y' }))[0] ?? '', /origin/);
    assert.match(problemsOf(() => load({ maxStdinSize: '12 parsecs' }))[0] ?? '', /size/);
  });

  it('refuses what contradicts itself', () => {
    assert.match(problemsOf(() => load({ gpus: '0' }))[0] ?? '', /--gpus needs --gpu-server/);
    assert.match(problemsOf(() => load({ gpuServer: '/x' }))[0] ?? '', /--gpu-server needs --gpus/);
    assert.match(problemsOf(() => load({ gpus: '1,1', gpuServer: '/x' }))[0] ?? '', /twice/);
    assert.match(problemsOf(() => load({ clientCertificates: 'required' }))[0] ?? '', /required needs --tls-client-ca/);
    const small = problemsOf(() => load({ uploadSpacePerAddress: '1GiB', maxProgramSize: '2GiB' }))[0] ?? '';
    assert.match(small, /--upload-space-per-address is less than one upload may have/);
    assert.match(problemsOf(() => load({ cpuProveLanes: '0' }))[0] ?? '', /nothing could prove/);
  });

  it('knows what a bucket needs', () => {
    const s3 = (flags: Record<string, string>, environment = {}) =>
      problemsOf(() => load(flags, environment)).join('\n');
    assert.match(
      s3({ s3Prefix: 'a', s3Endpoint: 'http://h:9' }),
      /--s3-prefix needs --s3-bucket.*\n--s3-endpoint needs --s3-bucket/,
    );
    assert.match(s3({ s3Presign: 'on' }), /--s3-presign needs --s3-bucket/);
    assert.match(s3({ s3Bucket: 'proofs' }), /--s3-bucket needs --s3-region or AWS_REGION; or --s3-endpoint/);
    assert.match(s3({ s3Bucket: 'https://s3/proofs' }), /--s3-bucket: must be the name of a bucket/);
    assert.match(
      s3({ s3Bucket: 'proofs', s3Region: 'eu-central-1', maxStdinSize: '6GB' }),
      /--max-stdin-size is above 5GiB/,
    );
    assert.equal(load({ s3Bucket: 'proofs' }, { AWS_REGION: 'eu-central-1' }).s3Region, 'eu-central-1');
    assert.equal(load({ s3Bucket: 'proofs', s3Endpoint: 'http://h:9' }).s3Region, 'us-east-1');
    assert.equal(load({ s3Bucket: 'proofs', s3Region: 'x-1', s3Prefix: 'a/b' }).s3Prefix, 'a/b/');
    // Set for other programs on the machine: of no concern without a bucket.
    assert.equal(load({}, { AWS_REGION: 'eu-central-1' }).s3Region, undefined);
  });

  it('does without a CPU prover when there are GPUs', () => {
    assert.equal(load({ gpus: '0,1', gpuServer: '/x' }).cpuProveLanes, 0);
    assert.equal(load({ gpuSockets: '/run/a.sock' }).cpuProveLanes, 0);
  });

  it('says what is wrong with the file', () => {
    assert.match(problemsOf(() => load({}, {}, fileWith('[1]')))[0] ?? '', /one JSON object/);
    assert.match(
      problemsOf(() => load({}, {}, '/nowhere.json'))[0] ?? '',
      /cannot be read: there is no such file or folder$/,
    );
    assert.match(problemsOf(() => load({}, {}, '/'))[0] ?? '', /cannot be read: it is a folder$/);
  });

  it('spells names alike everywhere', () => {
    assert.equal(flagOf('maxStdinSize'), '--max-stdin-size');
    assert.equal(environmentNameOf('maxStdinSize'), 'SEALED_MAX_STDIN_SIZE');
  });
});
