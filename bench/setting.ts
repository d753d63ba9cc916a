// What every part of the benchmark is given.
import { join } from 'node:path';
import { installFakeEngine } from '../src/testkit/engine/fakeEngineLauncher.js';
import type { Figure } from './figures.js';

export interface Setting {
  /** Path of the built cli.js. */
  readonly cli: string;
  /** A folder for everything, removed at the end. */
  readonly folder: string;
  /** 1, or less for a quick look: scales the number of samples. */
  readonly scale: number;
  /** Another server to put the same load on. */
  readonly beside?: URL | undefined;
  /** One line of progress to standard error. */
  readonly say: (line: string) => void;
}

export type Part = (setting: Setting) => Promise<readonly Figure[]>;

export const scaled = (count: number, { scale }: Setting) => Math.max(1, Math.round(count * scale));

/** An engine that takes every execution and never ends it: what is measured is then the service alone, with its lanes all busy. */
export const busyEngine = ({ folder }: Setting) =>
  installFakeEngine(folder, { rules: [{ on: 'execute', act: { kind: 'hang' } }] }, 'busy-engine');

export const dataIn = ({ folder }: Setting, name: string) => join(folder, name);
