// Reads the options from flags, environment and file, in that order of strength, and answers one frozen Config or all that is wrong.
// Weaker than all three are the defaults of an image, a file of the same form.
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileProblem, isSystemError } from '../fileProblem.js';
import { homeFolder } from '../home.js';
import { adminContradictions } from './admin.js';
import { attestContradictions } from './attest.js';
import { nearest } from './nearest.js';
import { networkContradictions, networkKeyVariable } from './network.js';
import { environmentNameOf, flagOf, type OptionName, type OptionValues, optionNames, options } from './options.js';
import { isOfPlatform } from './platformVariables.js';
import { s3Contradictions, s3RegionOf } from './s3.js';
import { teeContradictions } from './tee.js';
import { tracesToOf } from './traces.js';
import { workersContradictions } from './workers.js';

type Resolved = 'data' | 'cpuProveLanes';
export type Config = Readonly<
  Omit<OptionValues, Resolved | 'adminSocket'> & { [N in Resolved]: Exclude<OptionValues[N], undefined> } & {
    /** Undefined: none is wanted. */
    adminSocket: AdminSocket | undefined;
    /** What somebody has set, as they wrote it. */
    given: ReadonlyMap<OptionName, Given>;
  }
>;

export interface AdminSocket {
  readonly path: string;
  /** Somebody has chosen this path. */
  readonly isNamed: boolean;
}

/** Everything that is wrong, a sentence each: a user mends all of it at once. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  constructor(readonly problems: readonly string[]) {
    super(problems.join('\n'));
  }
}

export interface ConfigSources {
  /** Option name → text, as given on the command line. */
  readonly flags: Readonly<Record<string, string | undefined>>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** `--config`; the environment's SEALED_CONFIG is read when it is absent. */
  readonly file?: string | undefined;
}

/** Variables of the same prefix that are no options: files with options, and what belongs to the command line client. */
const otherVariables = [
  'SEALED_CONFIG',
  'SEALED_DEFAULTS',
  'SEALED_URL',
  'SEALED_CLIENT_KEY',
  'SEALED_TOKEN',
  'SEALED_ADMIN',
  networkKeyVariable,
];

const prefix = 'SEALED_';

export interface Given {
  readonly text: string;
  /** Where the user wrote it, for messages: `--data`, `SEALED_DATA`, `"data" in FILE`. */
  readonly as: string;
}

export function loadConfig(sources: ConfigSources): Config {
  const problems: string[] = [];
  const { environment } = sources;
  const fromFile = readFile(sources.file ?? environment['SEALED_CONFIG'], problems);
  const fromDefaults = readFile(environment['SEALED_DEFAULTS'], problems);
  rejectUnknownVariables(environment, problems);

  const values: Partial<Record<OptionName, unknown>> = {};
  const all = new Map<OptionName, Given>();
  for (const name of optionNames) {
    const variable = environmentNameOf(name);
    const flag = sources.flags[name];
    const given: Given | undefined =
      flag !== undefined
        ? { text: flag, as: flagOf(name) }
        : environment[variable] !== undefined
          ? { text: environment[variable], as: variable }
          : (fromFile.get(name) ?? fromDefaults.get(name));
    if (given !== undefined) all.set(name, given);
    const text = given?.text ?? options[name].default;
    if (text === undefined) continue;
    const parsed = options[name].schema.safeParse(text);
    if (parsed.success) values[name] = parsed.data;
    else
      problems.push(
        `${given?.as ?? name}: ${parsed.error.issues[0]?.message ?? 'not valid'}, not "${text.slice(0, 80)}"`,
      );
  }
  const home = environment['XDG_DATA_HOME'] || homeFolder();
  if (values.data === undefined && home === undefined)
    problems.push(`${flagOf('data')} is needed: this user has no home folder for the data (HOME is not set)`);
  const config = { ...complete(values as OptionValues, environment, problems), given: all };
  if (problems.length === 0) problems.push(...contradictions(config, environment));
  if (problems.length > 0) throw new ConfigError(problems);
  return Object.freeze(config);
}

function complete(
  values: OptionValues,
  environment: ConfigSources['environment'],
  problems: string[],
): Omit<Config, 'given'> {
  const hasGpus = (values.gpus?.length ?? 0) + (values.gpuSockets?.length ?? 0) > 0;
  const dataHome = environment['XDG_DATA_HOME'] || join(homeFolder() ?? '/', '.local', 'share');
  const data = resolve(values.data ?? join(dataHome, 'sealed-prover'));
  return {
    ...values,
    data,
    adminSocket: adminSocketOf(values.adminSocket, data),
    cpuProveLanes: values.cpuProveLanes ?? (hasGpus ? 0 : 1),
    s3Region: s3RegionOf(values, environment),
    tracesTo: tracesToOf(values, environment, problems),
  };
}

function adminSocketOf(named: string | undefined, data: string): AdminSocket | undefined {
  if (named === 'off') return undefined;
  return named === undefined
    ? { path: join(data, 'admin.sock'), isNamed: false }
    : { path: resolve(named), isNamed: true };
}

function contradictions(config: Config, environment: ConfigSources['environment']): string[] {
  const found: string[] = [];
  if (config.gpus.length > 0 && config.gpuServer === undefined)
    found.push(`${flagOf('gpus')} needs ${flagOf('gpuServer')}: the binary to run on them`);
  if (config.gpuServer !== undefined && config.gpus.length === 0)
    found.push(`${flagOf('gpuServer')} needs ${flagOf('gpus')}: the GPUs to run it on`);
  if (new Set(config.gpus).size < config.gpus.length)
    found.push(`${flagOf('gpus')} names a GPU twice: two servers on one GPU end each other`);
  if ((config.tlsCert === undefined) !== (config.tlsKey === undefined))
    found.push(`${flagOf('tlsCert')} and ${flagOf('tlsKey')} need each other`);
  for (const name of ['tlsClientCa', 'plaintext'] as const) {
    if (config[name] !== undefined && config.tlsCert === undefined && config.tls === undefined)
      found.push(`${flagOf(name)} needs ${flagOf('tlsCert')} and ${flagOf('tlsKey')}: without them there is no TLS`);
  }
  if (config.recordRetention !== undefined && config.recordRetention < config.proofRetention)
    found.push(
      `${flagOf('recordRetention')} is less than ${flagOf('proofRetention')}: without its record nobody could ask for a proof`,
    );
  const largest = Math.max(config.maxStdinSize, config.maxProgramSize);
  for (const name of ['uploadSpace', 'uploadSpacePerAddress'] as const) {
    if (config[name] < largest)
      found.push(
        `${flagOf(name)} is less than one upload may have (${flagOf('maxStdinSize')}, ${flagOf('maxProgramSize')})`,
      );
  }
  if (config.clientCertificates === 'required' && config.tlsClientCa === undefined)
    found.push(`${flagOf('clientCertificates')} required needs ${flagOf('tlsClientCa')}: who vouches for them`);
  if (
    config.tee === 'off' &&
    config.workersListen === undefined &&
    config.cpuProveLanes + config.gpus.length + config.gpuSockets.length === 0
  ) {
    found.push(`${flagOf('cpuProveLanes')} is 0 and no GPU is given: nothing could prove`);
  }
  return [
    ...found,
    ...adminContradictions(config),
    ...attestContradictions(config),
    ...teeContradictions(config),
    ...networkContradictions({ ...config, hasKeyInEnvironment: Boolean(environment[networkKeyVariable]) }),
    ...workersContradictions(config),
    ...s3Contradictions(config),
  ];
}

function readFile(path: string | undefined, problems: string[]): Map<string, Given> {
  const given = new Map<string, Given>();
  if (path === undefined) return given;
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    problems.push(
      `the configuration file ${path} cannot be read: ${isSystemError(error) ? fileProblem(error) : `it is no JSON (${(error as Error).message})`}`,
    );
    return given;
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    problems.push(`the configuration file ${path} must hold one JSON object`);
    return given;
  }
  for (const [name, value] of Object.entries(parsed)) {
    const as = `"${name}" in ${path}`;
    if (!optionNames.includes(name as OptionName))
      problems.push(`${as}: ${unknownOption(nearest(name, optionNames), (known) => `"${known}"`)}`);
    else if (typeof value === 'string' || typeof value === 'number') given.set(name, { text: String(value), as });
    else if (Array.isArray(value)) given.set(name, { text: value.join(','), as });
    else problems.push(`${as}: must be text, a number or a list`);
  }
  return given;
}

/** A misspelt option must be an error: a misspelt allowlist, for example, would let everybody in. */
function rejectUnknownVariables(environment: ConfigSources['environment'], problems: string[]): void {
  const known = [...optionNames.map(environmentNameOf), ...otherVariables];
  for (const [name, value = ''] of Object.entries(environment)) {
    if (!name.startsWith(prefix) || known.includes(name)) continue;
    const plain = (variable: string) => variable.slice(prefix.length);
    const meant = nearest(plain(name), known.map(plain));
    if (isOfPlatform(name, value, meant !== undefined)) continue;
    problems.push(`${name}: ${unknownOption(meant, (near) => prefix + near)}`);
  }
}

const unknownOption = (meant: string | undefined, spelt: (known: string) => string) =>
  meant === undefined
    ? 'there is no such option; docs/configuration.md has them all'
    : `there is no such option; did you mean ${spelt(meant)}?`;
