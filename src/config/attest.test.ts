// Options of attestation that do not go together.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ConfigError, loadConfig } from './load.js';

const problemsOf = (flags: Record<string, string>): readonly string[] => {
  try {
    loadConfig({ flags: { data: '/data', ...flags }, environment: {} });
    return [];
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.problems;
  }
};
const files = { tlsCert: 'c.pem', tlsKey: 'k.pem' };

describe('options of attestation', () => {
  it('are off by default, and fine together', () => {
    assert.equal(loadConfig({ flags: { data: '/data' }, environment: {} }).attest, 'off');
    const fine: ReadonlyArray<Record<string, string>> = [
      { attest: 'dev' },
      { sealedBodies: 'off' },
      { attest: 'auto', sealedBodies: 'require' },
      { attest: 'dev', listen: '[::1]:8080', tls: 'ephemeral', plaintext: 'never' },
      { attest: 'dstack', attestSocket: '/s', attestHeader: 'always', tls: 'derived', listen: '0.0.0.0:443' },
      { attest: 'auto', tls: 'derived', tlsClientCa: 'ca.pem' },
      { attest: 'tsm', acmeAccount: 'regr.json', ...files },
    ];
    for (const flags of fine) assert.deepEqual(problemsOf(flags), []);
  });

  const wrong: ReadonlyArray<readonly [flags: Record<string, string>, problem: RegExp]> = [
    [{ attest: 'sgx' }, /must be off, auto, dstack, tappd, tsm or dev/],
    [{ attest: 'dev', listen: '0.0.0.0:1' }, /--attest dev is for this machine alone/],
    [{ attest: 'dev', listen: '127.example.org:1' }, /--attest dev is for this machine alone/],
    [{ attestHeader: 'always' }, /--attest-header always needs --attest/],
    [{ sealedBodies: 'accept' }, /--sealed-bodies accept needs --attest/],
    [{ sealedBodies: 'require' }, /--sealed-bodies require needs --attest/],
    [{ attest: 'auto', attestSocket: '/s' }, /--attest-socket needs --attest dstack or --attest tappd/],
    [{ tls: 'ephemeral', ...files }, /--tls ephemeral makes a certificate of its own/],
    [{ tls: 'derived', attest: 'tsm' }, /--tls derived needs --attest dstack/],
    [{ tls: 'derived' }, /--tls derived needs --attest dstack/],
    [{ acmeAccount: 'regr.json', ...files }, /--acme-account needs --attest and --tls-cert/],
    [{ acmeAccount: 'regr.json', attest: 'tsm' }, /--acme-account needs --attest and --tls-cert/],
  ];
  for (const [flags, problem] of wrong)
    it(`are refused: ${JSON.stringify(flags)}`, () => {
      const [first = '', ...others] = problemsOf(flags);
      assert.match(first, problem);
      assert.deepEqual(others, []);
    });
});
