// A failure the user can do something about: printed as it is, without a stack.

/** One sentence, then what to try. */
export class Problem extends Error {
  name = 'Problem';
}

/** No usable Rust on this machine: what is written in TypeScript works all the same. */
export class RustMissing extends Problem {
  name = 'RustMissing';
}
