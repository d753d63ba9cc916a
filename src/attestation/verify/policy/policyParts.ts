// The parts of a policy about the application: compose file, app, TLS, statement.
import { at, booleanOf, type Field, objectOf, oneOf, onlyOf, optional, textOf, wholeOf } from '../json/fields.js';
import { JsonError } from '../json/parseJson.js';
import type { ComposePolicy, Policy, StatementPolicy, TlsPolicy } from './policy.js';
import { hexes, listed, matching } from './policyValues.js';

const composeNames = [
  'hashes',
  'images',
  'allowedEnvs',
  'preLaunchScripts',
  'publicLogs',
  'agentSocketServices',
  'publishedPorts',
];

export function readCompose(field: Field): ComposePolicy {
  onlyOf(field, composeNames);
  const texts = (name: string) => optional(at(field, name), (of) => listed(of, textOf, 0));
  return {
    hashes: optional(at(field, 'hashes'), (of) => hexes(of, 32)),
    images: optional(at(field, 'images'), readImages),
    allowedEnvs: texts('allowedEnvs'),
    preLaunchScripts: optional(at(field, 'preLaunchScripts'), (of) =>
      listed(of, (one) => matching(one, /^[0-9a-f]{64}$/), 0),
    ),
    publicLogs: optional(at(field, 'publicLogs'), booleanOf) ?? false,
    agentSocketServices: texts('agentSocketServices'),
    publishedPorts: optional(at(field, 'publishedPorts'), (of) => listed(of, (one) => wholeOf(one, 1, 65_535), 0)),
  };
}

const readImages = (field: Field): ReadonlyMap<string, readonly string[]> =>
  new Map(
    Object.keys(objectOf(field)).map((repository) => [
      repository,
      listed(at(field, repository), (one) => matching(one, /^sha256:[0-9a-f]{64}$/)),
    ]),
  );

export function readApp(field: Field): NonNullable<Policy['app']> {
  onlyOf(field, ['ids', 'instances', 'keyProviders']);
  return {
    ids: optional(at(field, 'ids'), (of) => hexes(of, 20)),
    instances: optional(at(field, 'instances'), (of) => hexes(of, 20)),
    keyProviders: optional(at(field, 'keyProviders'), (of) => listed(of, readKeyProvider)),
  };
}

function readKeyProvider(field: Field): { name: string; ids: readonly string[] | undefined } {
  onlyOf(field, ['name', 'ids']);
  return {
    name: oneOf(at(field, 'name'), ['kms', 'local-sgx', 'tpm']),
    ids: optional(at(field, 'ids'), (of) => listed(of, (one) => matching(one, /^[0-9a-f]+$/))),
  };
}

export function readTls(field: Field): TlsPolicy {
  onlyOf(field, ['domains', 'caa', 'acmeAccounts', 'nonce']);
  return {
    domains: optional(at(field, 'domains'), (of) => listed(of, textOf)),
    caa: optional(at(field, 'caa'), (of) => oneOf(of, ['require', 'check', 'ignore'])) ?? 'check',
    acmeAccounts: optional(at(field, 'acmeAccounts'), (of) => listed(of, (one) => matching(one, /^https:\/\//))),
    nonce: optional(at(field, 'nonce'), (of) => oneOf(of, ['require', 'optional'])) ?? 'require',
  };
}

export function readStatement(field: Field): StatementPolicy {
  onlyOf(field, ['service', 'versions', 'sealing', 'swap']);
  return {
    service: optional(at(field, 'service'), textOf),
    versions: optional(at(field, 'versions'), (of) => listed(of, textOf)),
    sealing: optional(at(field, 'sealing'), (of) => listed(of, (one) => oneOf(one, ['dstack', 'file', 'off']))),
    swap: optional(at(field, 'swap'), (of) => {
      if (booleanOf(of)) throw new JsonError(`${of.path} can only be false`);
      return false;
    }),
  };
}
