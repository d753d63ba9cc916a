// The report folder of configfs, in a temporary folder: making a folder in it makes its files, writing a blob makes a quote, and removing it takes
// all of that away, as the kernel does. It fails on demand.
import { existsSync } from 'node:fs';
import { mkdir, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { createDevPki, type DevPki } from '../../attestation/dev/devPki.js';
import type { TsmFiles } from '../../attestation/providers/tsm.js';
import { systemRandom } from '../../random.js';
import { temporaryFolder } from '../temporaryFolder.js';

export interface FakeConfigfs {
  readonly folder: string;
  readonly files: TsmFiles;
  readonly pki: DevPki;
  /** So many writes find it busy. */
  busy: number;
  /** So many requests are overtaken by another writer. */
  otherWriters: number;
  /** What `provider` holds. */
  provider: string;
  /** What is quoted instead of a quote. */
  instead: Buffer | undefined;
  /** Reads of the quote wait for it. */
  hold: Promise<void> | undefined;
  /** Of system calls that fail as the kernel's do, by the file's name: an error's code. */
  readonly errors: Map<string, string>;
  /** How often it was asked for a quote. */
  writes: number;
  /** What was not removed. */
  left(): Promise<readonly string[]>;
}

export function createFakeConfigfs(now = Date.now()): FakeConfigfs {
  const folder = temporaryFolder('tsm');
  const pki = createDevPki(now, systemRandom);
  const fake: FakeConfigfs = {
    folder,
    pki,
    busy: 0,
    otherWriters: 0,
    provider: 'tdx_guest\n',
    instead: undefined,
    hold: undefined,
    errors: new Map(),
    writes: 0,
    left: () => readdir(folder),
    files: {
      async mkdir(path) {
        refuseAs(fake.errors.get('mkdir'));
        if (!existsSync(dirname(path))) throw systemError('ENOENT');
        await mkdir(path);
        await writeFile(join(path, 'provider'), fake.provider);
        await writeFile(join(path, 'generation'), '0\n');
        for (const name of ['inblob', 'outblob']) await writeFile(join(path, name), '');
      },
      rmdir: (path) => rm(path, { recursive: true }),
      async open(path, flags) {
        const name = basename(path);
        refuseAs(fake.errors.get(name));
        const file = await open(path, flags);
        if (name === 'outblob' && fake.hold !== undefined) await fake.hold;
        if (name !== 'inblob') return file;
        return {
          read: file.read.bind(file),
          close: () => file.close(),
          write: ((bytes: Uint8Array) => quoteOver(bytes, dirname(path))) as typeof file.write,
        };
      },
    },
  };

  async function quoteOver(bytes: Uint8Array, entry: string): Promise<{ bytesWritten: number; buffer: Uint8Array }> {
    fake.writes += 1;
    if (fake.busy > 0) {
      fake.busy -= 1;
      throw systemError('EBUSY');
    }
    const generation = Number(await readFile(join(entry, 'generation'), 'latin1'));
    const isOvertaken = fake.otherWriters > 0;
    if (isOvertaken) fake.otherWriters -= 1;
    const reportData = isOvertaken ? 'ee'.repeat(64) : Buffer.from(bytes).toString('hex');
    await writeFile(join(entry, 'outblob'), fake.instead ?? pki.quote({ reportData }));
    await writeFile(join(entry, 'generation'), `${generation + (isOvertaken ? 2 : 1)}\n`);
    return { bytesWritten: bytes.byteLength, buffer: bytes };
  }

  return fake;
}

const systemError = (code: string) => Object.assign(new Error(code), { code });

function refuseAs(code: string | undefined): void {
  if (code !== undefined) throw systemError(code);
}
