// The stock sp1-sdk as a program (conformance/): where it is, or how to get it.
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

export function conformanceClient(): string {
  const built = join(homedir(), '.cache/sealed-prover/target/release/sealed-prover-conformance');
  const binary = process.env['CONFORMANCE_CLIENT'] ?? built;
  if (!existsSync(binary)) throw new Error(`There is no ${binary}: build it with npm run setup -- --conformance`);
  return binary;
}
