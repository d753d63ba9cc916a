// The configuration as it holds, for operators: every option of the one table, as one would write it, and of a secret only that it is set.
import type { Config } from './load.js';
import { flagOf, type OptionName, optionNames, options } from './options.js';

export interface EffectiveOption {
  readonly name: OptionName;
  readonly flag: string;
  /** Empty: it is not set. */
  readonly value: string;
  /** Where it was set: `--data`, `SEALED_DATA`, `"data" in FILE`. Undefined: nowhere, and this is its default. */
  readonly from: string | undefined;
  readonly isSecret: boolean;
}

export const effectiveOptions = (config: Config): readonly EffectiveOption[] =>
  optionNames.map((name) => {
    const { isSecret } = options[name];
    const value = textOf(name, config);
    return {
      name,
      flag: flagOf(name),
      value: isSecret && value !== '' ? 'set' : value,
      from: config.given.get(name)?.as,
      isSecret,
    };
  });

/** What depends on the machine or on other options is told as it came out, and all else as it was written. */
function textOf(name: OptionName, config: Config): string {
  switch (name) {
    case 'adminSocket':
      return config.adminSocket?.path ?? 'off';
    case 'data':
    case 'cpuProveLanes':
    case 's3Region':
    case 'tracesTo':
      return String(config[name] ?? '');
    default:
      return config.given.get(name)?.text ?? options[name].default ?? '';
  }
}
