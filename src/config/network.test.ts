import assert from 'node:assert/strict';
import { it } from 'node:test';
import { ConfigError, loadConfig } from './load.js';

const flags = (more: Readonly<Record<string, string>>) => ({
  flags: { data: '/d', ...more },
  environment: {},
});
const problems = (more: Readonly<Record<string, string>>, environment: Record<string, string> = {}): string => {
  try {
    loadConfig({ ...flags(more), environment });
    return '';
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.message;
  }
};
const whole = {
  networkUrl: 'https://rpc.example.org',
  networkKeyFile: '/key',
  publicUrl: 'https://prover.example.org',
};

it('network mode needs the network, the key and a public URL together', () => {
  assert.equal(problems(whole), '');
  const { networkKeyFile: _key, ...withoutKey } = whole;
  assert.match(problems(withoutKey), /--network-url needs --network-key-file/);
  const { publicUrl: _url, ...withoutUrl } = whole;
  assert.match(problems(withoutUrl), /--network-url needs --public-url/);
  assert.match(problems({ networkKeyFile: '/key' }), /--network-key-file needs --network-url/);
});

it('the key may come from the environment instead, from there alone, and is in no message', () => {
  const { networkKeyFile: _key, ...withoutKey } = whole;
  const key = { SEALED_NETWORK_KEY: 'c0ffee' };
  assert.equal(problems(withoutKey, key), '');
  assert.match(problems(withoutKey, { SEALED_NETWORK_KEY: '' }), /--network-url needs --network-key-file/);
  assert.match(problems({}, key), /^SEALED_NETWORK_KEY needs --network-url/);
  assert.match(problems(whole, key), /^--network-key-file and SEALED_NETWORK_KEY both/);
  assert.doesNotMatch(`${problems({}, key)}${problems(whole, key)}`, /c0ffee/);
});

it('network mode speaks in the clear on this machine only', () => {
  assert.match(problems({ ...whole, networkUrl: 'http://rpc.example.org' }), /--network-url must be https/);
  assert.match(problems({ ...whole, publicUrl: 'http://prover.example.org' }), /--public-url must be https/);
  assert.equal(problems({ ...whole, networkUrl: 'http://127.0.0.1:9', publicUrl: 'http://[::1]:8080' }), '');
});

it('network mode keeps inputs off a bucket', () => {
  assert.match(problems({ ...whole, s3Bucket: 'bucket', s3Region: 'us-east-2' }), /--network-url and --s3-bucket/);
});

it('the auction flavour is refused at start, with the reason', () => {
  assert.match(
    problems({ ...whole, networkFlavour: 'auction' }),
    /--network-flavour auction.*executor.*must read the input/,
  );
  assert.match(problems({ networkFlavour: 'auction' }), /--network-flavour auction/);
  assert.equal(problems({ ...whole, networkFlavour: 'base' }), '');
});

it('T44: what becomes of proofs that stay here contradicts nothing', () => {
  assert.equal(problems({ ...whole, deliver: 'nothing', undelivered: 'keep' }), '');
  assert.match(
    problems({ ...whole, deliver: 'nothing', serveProofs: 'network' }),
    /--serve-proofs network needs --deliver proof/,
  );
  assert.match(problems({ ...whole, undelivered: 'keep' }), /--undelivered keep needs --deliver nothing/);
});
