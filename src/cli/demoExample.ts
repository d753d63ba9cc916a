// What the demonstration proves: one of examples/, by its manifest, or any ELF.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ByteSource, u32Buffer } from '../client/client.js';
import { CliError } from './cli.js';

const folder = fileURLToPath(new URL('../../examples/', import.meta.url));

/** The part of example.json that is used here. */
interface Manifest {
  readonly name: string;
  readonly title: string;
  readonly elf: string;
  readonly input: { readonly kind: 'u32' | 'file' | 'none' };
  readonly inputFile: string | null;
  readonly expectedPublicValues: string;
  /** None for a guest that is made to fail. */
  readonly modes: readonly string[];
}

export interface DemoExample {
  readonly name: string;
  readonly title: string;
  readonly elfPath: string;
  readonly inputs: readonly ByteSource[];
  /** What the input is, in words; not what is in it. */
  readonly inputText: string;
  /** In hex, where they are known. */
  readonly expectedPublicValues: string | undefined;
}

export interface DemoExampleParameters {
  /** Name of an example, or path of an ELF. */
  readonly program: string;
  /** `--input`. */
  readonly input: string | undefined;
  /** `--u32` and the like; they replace the example's own input. */
  readonly inputs: readonly ByteSource[];
}

/** Throws CliError for an unknown name and for an input that does not fit. */
export function findDemoExample({ program, input, inputs }: DemoExampleParameters): DemoExample {
  const manifestPath = join(folder, program, 'example.json');
  if (!/^[\w-]+$/.test(program) || !existsSync(manifestPath)) {
    if (!existsSync(program)) {
      const names = existsSync(folder)
        ? readdirSync(folder).filter((name) => existsSync(join(folder, name, 'example.json')))
        : [];
      throw new CliError('EXAMPLE_UNKNOWN', `There is no example or file ${program}. Examples: ${names.join(', ')}.`);
    }
    if (input !== undefined) {
      throw new CliError(
        'USAGE',
        '--input is for the examples. For your own ELF use --u32, --stdin-hex or --stdin-file.',
        2,
      );
    }
    const inputText = inputs.length === 1 ? 'one buffer' : `${inputs.length} buffers`;
    return {
      name: program,
      title: 'your program',
      elfPath: program,
      inputs,
      inputText,
      expectedPublicValues: undefined,
    };
  }
  const manifest = JSON.parse(readFileSync(manifestPath, 'utf8')) as Manifest;
  const { name, title } = manifest;
  if (manifest.modes.length === 0) {
    throw new CliError('EXAMPLE_FAILS', `${name} is made to fail: ${title} Look at it with: sealed-prover execute`);
  }
  const base = { name, title, elfPath: join(folder, name, manifest.elf) };
  if (inputs.length > 0) return { ...base, inputs, inputText: 'yours', expectedPublicValues: undefined };
  if (input !== undefined) return { ...base, ...inputFrom(manifest, input), expectedPublicValues: undefined };
  const expectedPublicValues = manifest.expectedPublicValues;
  if (manifest.inputFile === null) return { ...base, inputs: [], inputText: 'none', expectedPublicValues };
  const sample = readFileSync(join(folder, name, manifest.inputFile));
  return { ...base, inputs: [sample], inputText: `a sample of ${sample.length} bytes`, expectedPublicValues };
}

const longestU32 = 2 ** 32 - 1;

function inputFrom({ name, input }: Manifest, text: string): { inputs: ByteSource[]; inputText: string } {
  if (input.kind === 'file') {
    const bytes = Buffer.from(text);
    return { inputs: [bytes], inputText: `${bytes.length} bytes of yours` };
  }
  const value = Number(text);
  if (input.kind === 'none' || !/^\d{1,10}$/.test(text) || value > longestU32) {
    throw new CliError(
      'USAGE',
      `${name} takes ${input.kind === 'none' ? 'no input' : 'a whole number below 2^32'}.`,
      2,
    );
  }
  return { inputs: [u32Buffer(value)], inputText: `the number ${value}` };
}
