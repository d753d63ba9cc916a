// App, keys, connection, nonce and statement.
import { describe } from 'node:test';
import { goodStatement, nonce, spki } from '../../../testkit/attestation/mockTarget.js';
import { type RefusedTarget, refusesTargets } from '../../../testkit/attestation/targetCases.js';

const other = new Uint8Array(32).fill(0xee);

const refused: readonly RefusedTarget[] = [
  [
    'another app is refused',
    {
      policy: (policy) => {
        policy.app.ids = ['ab'.repeat(20)];
      },
    },
    'app.identity',
    'APP_UNKNOWN',
  ],
  [
    'another instance is refused',
    {
      policy: (policy) => {
        policy.app.instances = ['ab'.repeat(20)];
      },
    },
    'app.identity',
    'APP_UNKNOWN',
  ],
  [
    'another key provider is refused',
    {
      policy: (policy) => {
        policy.app.keyProviders = [{ name: 'tpm' }];
      },
    },
    'key.provider',
    'KEY_PROVIDER_REFUSED',
  ],
  [
    'another id of the key provider is refused',
    {
      policy: (policy) => {
        policy.app.keyProviders = [{ name: 'kms', ids: ['ff'] }];
      },
    },
    'key.provider',
    'KEY_PROVIDER_REFUSED',
  ],
  [
    'a quote for somebody else’s nonce is refused',
    { evidence: { binding: { own: { nonce: other, spki }, hint: { nonce, spki } } } },
    'binding.report_data',
    'NONCE_WRONG',
  ],
  [
    'a quote of another connection is refused',
    { evidence: { binding: { own: { nonce, spki: other }, hint: { nonce, spki } } } },
    'binding.report_data',
    'TLS_KEY_WRONG',
  ],
  [
    'a quote without the key for bodies is refused',
    { evidence: { binding: { own: { nonce, spki, body: other }, hint: { nonce, spki } } } },
    'binding.report_data',
    'BODY_KEY_WRONG',
  ],
  ['a quote for something else is refused', { td: { reportData: '00' } }, 'binding.report_data', 'REPORT_DATA_WRONG'],
  [
    'a quote without nonce is refused where one is asked for',
    {
      evidence: { binding: { own: { spki } } },
      td: {},
      policy: (policy) => {
        policy.tls = {};
      },
    },
    'binding.report_data',
    'REPORT_DATA_WRONG',
  ],
  [
    'evidence files are refused where a nonce is asked for',
    {
      evidence: { target: { kind: 'ingress' }, binding: undefined as never },
      policy: (policy) => {
        policy.tls = {};
        policy.require = 'genuine';
      },
    },
    'binding.nonce',
    'NONCE_WRONG',
  ],
  [
    'a statement of another version is refused',
    { statement: { ...goodStatement, version: '0.1.0' } },
    'statement',
    'STATEMENT_REFUSED',
  ],
  [
    'a statement of a machine that swaps is refused',
    { statement: { ...goodStatement, swap: true } },
    'statement',
    'STATEMENT_REFUSED',
  ],
  ['a statement that is no object is refused', { statement: '[]' }, 'statement', 'STATEMENT_REFUSED'],
  [
    'a statement with a key twice is refused',
    { statement: '{"swap":true,"swap":false}' },
    'statement',
    'STATEMENT_REFUSED',
  ],
];

describe('application and connection', () => {
  refusesTargets(refused);
});
