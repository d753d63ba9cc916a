// A program for an engine that builds its prover at the first Setup, whatever the program is: one that ships with the service.
import { readFile } from 'node:fs/promises';

/** The smallest of the examples: 3 KB, set up in milliseconds. */
const fibonacci = new URL('../../../examples/fibonacci/fibonacci.elf', import.meta.url);

export const anyProgram = (): Promise<Buffer> => readFile(fibonacci);
