// The Rust toolchain: found, new enough, and with a linker; or a message that says what to install.
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { RustMissing } from './problem.mjs';
import { ask } from './run.mjs';

/** sp1-sdk 6.10.0 states it as its rust-version. */
export const oldestRust = [1, 91, 1];

const installRust =
  'Install Rust with: curl https://sh.rustup.rs -sSf | sh   (or see https://rustup.rs), then run this again.';

/** `rustc 1.95.0 (f2d3ce0bd 2026-03-21)` → [1, 95, 0]. */
export function parseRustVersion(text) {
  return /^rustc (\d+)\.(\d+)\.(\d+)/.exec(text)?.slice(1).map(Number);
}

/** Whether version `a` comes before `b`; both are three numbers. */
export function isOlder(a, b) {
  const at = a.findIndex((part, i) => part !== b[i]);
  return at !== -1 && a[at] < b[at];
}

/** The environment with rustup's default folder in PATH: it is missing in the shell in which rustup was just installed. */
export function withCargoPath(env) {
  const rustup = join(env.CARGO_HOME || join(homedir(), '.cargo'), 'bin');
  if (!existsSync(join(rustup, 'cargo'))) return env;
  return { ...env, PATH: [env.PATH, rustup].filter(Boolean).join(delimiter) };
}

/** Answers `{env, rustc, host}` (the compiler's version line and target) to build with, or throws RustMissing, which says what to install. */
export function requireRust(env = process.env) {
  const withPath = withCargoPath(env);
  const options = { env: withPath };
  const [rustc, ...facts] = ask('rustc', ['-vV'], options)?.split('\n') ?? [];
  if (rustc === undefined || ask('cargo', ['-V'], options) === undefined) {
    throw new RustMissing(`The engine is written in Rust, and there is no cargo on this machine. ${installRust}`);
  }
  const version = parseRustVersion(rustc);
  if (version === undefined || isOlder(version, oldestRust)) {
    throw new RustMissing(
      `The engine needs Rust ${oldestRust.join('.')} or later; this is ${rustc}. ` +
        'Update it with: rustup update stable   (a distribution package that is older has to give way to rustup: https://rustup.rs)',
    );
  }
  const host = facts.find((line) => line.startsWith('host: '))?.slice('host: '.length);
  return { env: withPath, rustc, host };
}

/** Rust links with the C compiler. Asked only before a build: a built engine runs without. */
export function requireLinker(env) {
  if (ask('cc', ['--version'], { env }) !== undefined) return;
  throw new RustMissing(
    'Rust needs a C compiler to link with, and there is no `cc` on this machine. ' +
      'Install one with: sudo apt-get install build-essential   (Fedora: sudo dnf install gcc gcc-c++; macOS: xcode-select --install)',
  );
}
