// Reads the options from flags, environment and file, in that order of strength, and answers one frozen Config or all that is wrong.
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { nearest } from './nearest.js';
import { environmentNameOf, flagOf, type OptionName, type OptionValues, optionNames, options } from './options.js';
import { s3Contradictions, s3RegionOf } from './s3.js';

type Resolved = 'data' | 'cpuProveLanes';
export type Config = Readonly<Omit<OptionValues, Resolved> & { [N in Resolved]: Exclude<OptionValues[N], undefined> }>;

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

/** Variables of the same prefix that belong to the command line client. */
const otherVariables = ['SEALED_CONFIG', 'SEALED_URL', 'SEALED_CLIENT_KEY', 'SEALED_TOKEN'];

interface Given {
  readonly text: string;
  /** How the user wrote it, for messages. */
  readonly as: string;
}

export function loadConfig(sources: ConfigSources): Config {
  const problems: string[] = [];
  const { environment } = sources;
  const fromFile = readFile(sources.file ?? environment['SEALED_CONFIG'], problems);
  rejectUnknownVariables(environment, problems);

  const values: Partial<Record<OptionName, unknown>> = {};
  for (const name of optionNames) {
    const variable = environmentNameOf(name);
    const flag = sources.flags[name];
    const given: Given | undefined =
      flag !== undefined
        ? { text: flag, as: flagOf(name) }
        : environment[variable] !== undefined
          ? { text: environment[variable], as: variable }
          : fromFile.get(name);
    const text = given?.text ?? options[name].default;
    if (text === undefined) continue;
    const parsed = options[name].schema.safeParse(text);
    if (parsed.success) values[name] = parsed.data;
    else
      problems.push(
        `${given?.as ?? name}: ${parsed.error.issues[0]?.message ?? 'not valid'}, not "${text.slice(0, 80)}"`,
      );
  }
  const config = complete(values as OptionValues, environment);
  if (problems.length === 0) problems.push(...contradictions(config));
  if (problems.length > 0) throw new ConfigError(problems);
  return Object.freeze(config);
}

function complete(values: OptionValues, environment: ConfigSources['environment']): Config {
  const hasGpus = (values.gpus?.length ?? 0) + (values.gpuSockets?.length ?? 0) > 0;
  const dataHome = environment['XDG_DATA_HOME'] || join(homedir(), '.local', 'share');
  return {
    ...values,
    data: resolve(values.data ?? join(dataHome, 'sealed-prover')),
    cpuProveLanes: values.cpuProveLanes ?? (hasGpus ? 0 : 1),
    s3Region: s3RegionOf(values, environment),
  };
}

function contradictions(config: Config): string[] {
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
    if (config[name] !== undefined && config.tlsCert === undefined)
      found.push(`${flagOf(name)} needs ${flagOf('tlsCert')} and ${flagOf('tlsKey')}: without them there is no TLS`);
  }
  const largest = Math.max(config.maxStdinSize, config.maxProgramSize);
  for (const name of ['uploadSpace', 'uploadSpacePerAddress'] as const) {
    if (config[name] < largest)
      found.push(
        `${flagOf(name)} is less than one upload may have (${flagOf('maxStdinSize')}, ${flagOf('maxProgramSize')})`,
      );
  }
  if (config.clientCertificates === 'required' && config.tlsClientCa === undefined)
    found.push(`${flagOf('clientCertificates')} required needs ${flagOf('tlsClientCa')}: who vouches for them`);
  if (config.cpuProveLanes + config.gpus.length + config.gpuSockets.length === 0) {
    found.push(`${flagOf('cpuProveLanes')} is 0 and no GPU is given: nothing could prove`);
  }
  return [...found, ...s3Contradictions(config)];
}

function readFile(path: string | undefined, problems: string[]): Map<string, Given> {
  const given = new Map<string, Given>();
  if (path === undefined) return given;
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    problems.push(`the configuration file ${path} cannot be read: ${(error as Error).message}`);
    return given;
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    problems.push(`the configuration file ${path} must hold one JSON object`);
    return given;
  }
  for (const [name, value] of Object.entries(parsed)) {
    const as = `"${name}" in ${path}`;
    if (!optionNames.includes(name as OptionName))
      problems.push(`${as}: there is no such option; did you mean "${nearest(name, optionNames)}"?`);
    else if (typeof value === 'string' || typeof value === 'number') given.set(name, { text: String(value), as });
    else if (Array.isArray(value)) given.set(name, { text: value.join(','), as });
    else problems.push(`${as}: must be text, a number or a list`);
  }
  return given;
}

function rejectUnknownVariables(environment: ConfigSources['environment'], problems: string[]): void {
  const known = [...optionNames.map(environmentNameOf), ...otherVariables];
  for (const name of Object.keys(environment)) {
    if (name.startsWith('SEALED_') && !known.includes(name)) {
      problems.push(`${name}: there is no such option; did you mean ${nearest(name, known)}?`);
    }
  }
}
