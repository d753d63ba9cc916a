// What an engine executes for its guests lies in a temporary folder, where a cleaner may remove it while the engine runs. The engine
// does not notice: it refuses every job from then on.
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** The helper that SP1 unpacks, under its final name. */
const helperName = /^sp1-native-runner-bin-[0-9A-Za-z]+$/;

export class EngineParts {
  readonly #seen = new Set<string>();

  constructor(readonly folder: string) {}

  /** Remembers what is there now. */
  async look(): Promise<void> {
    const names = await readdir(this.folder).catch(() => undefined);
    if (names === undefined) return;
    this.#seen.add(this.folder);
    for (const name of names) if (helperName.test(name)) this.#seen.add(join(this.folder, name));
  }

  /** The path of something that was there and is gone. */
  async missing(): Promise<string | undefined> {
    for (const path of this.#seen) {
      const isThere = await lstat(path).then(
        () => true,
        () => false,
      );
      if (!isThere) return path;
    }
    return undefined;
  }
}
