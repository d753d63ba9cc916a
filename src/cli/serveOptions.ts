// The service's options on a command line: offered to commander, read from the words of a process, and loaded into a Config.
import { Command } from 'commander';
import { type Config, ConfigError, loadConfig } from '../config/load.js';
import { flagOf, optionNames, options } from '../config/options.js';
import { type Cli, CliError } from './cli.js';

/** What a command line of `serve` says about the service. */
export interface ServeWords {
  /** The service's options as given: name → text. */
  readonly flags: Readonly<Record<string, string | undefined>>;
  /** Path of the configuration file. */
  readonly file: string | undefined;
}

/** Adds every option of the configuration as a flag. */
export function addServeOptions(command: Command): void {
  for (const name of optionNames) {
    const { placeholder, description, default: fallback } = options[name];
    const shown = fallback === undefined || fallback === '' ? description : `${description} Default: ${fallback}.`;
    command.option(`${flagOf(name)} <${placeholder}>`, shown);
  }
}

/** The options in a command line that ran `serve`, whatever stands before it; undefined when it ran something else. */
export function readServeWords(words: readonly string[]): ServeWords | undefined {
  const at = words.findIndex(
    (word, i) => word === 'serve' && /(^|\/)(sealed-prover|cli\.js)$/.test(words[i - 1] ?? ''),
  );
  if (at === -1) return undefined;
  const command = new Command().option('--config <file>').allowUnknownOption().allowExcessArguments().exitOverride();
  addServeOptions(command.configureOutput({ writeErr: () => {}, writeOut: () => {} }));
  try {
    const { config: file, ...flags } = command.parse(words.slice(at + 1), { from: 'user' }).opts();
    return { flags, file };
  } catch {
    // A service does not run by words that cannot be read.
    return undefined;
  }
}

/** Throws CONFIG_INVALID with every problem. */
export function loadServeConfig(cli: Cli, { flags, file }: ServeWords): Config {
  try {
    return loadConfig({ flags, environment: cli.environment, file });
  } catch (error) {
    if (error instanceof ConfigError) throw new CliError('CONFIG_INVALID', error.message, 2);
    throw error;
  }
}
