// Quotes of Linux itself: the report folder of configfs (kernel 6.7 and later), for VMs without dstack. No event log comes with them.
import type { FileHandle } from 'node:fs/promises';
import { mkdir, open, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../clock.js';
import type { Random } from '../../random.js';
import { toHex } from '../verify/bytes.js';
import { ProviderError, type QuoteProvider } from './quoteProvider.js';

export const tsmFolder = '/sys/kernel/config/tsm/report';

/** What of the file system is used; tests give one that behaves as configfs does. */
export interface TsmFiles {
  mkdir(path: string): Promise<unknown>;
  rmdir(path: string): Promise<void>;
  open(path: string, flags: 'r' | 'w'): Promise<Pick<FileHandle, 'read' | 'write' | 'close'>>;
}

export interface TsmParameters {
  readonly folder?: string;
  readonly files?: TsmFiles;
  readonly clock: Pick<Clock, 'wakeIn'>;
  readonly random: Random;
}

/** Another writer, or another request under way: so often, and so far apart (ms). */
const tries = 3;
const pauseMs = 50;
const leastQuoteBytes = 1_020;
const mostQuoteBytes = 8_192;
const mostAttributeBytes = 256;

/** Somebody else has written in between, so that what is read may be over other data. */
class OtherWriter extends Error {}

export function tsmProvider(parameters: TsmParameters): QuoteProvider {
  const { folder = tsmFolder, files = { mkdir, rmdir, open }, clock, random } = parameters;

  async function quoteOnce(reportData: Uint8Array, signal: AbortSignal): Promise<Uint8Array> {
    const entry = join(folder, `sealed-prover-${toHex(random.bytes(16))}`);
    await files.mkdir(entry);
    try {
      const name = (await read(files, join(entry, 'provider'), mostAttributeBytes)).toString('latin1').trim();
      if (name !== 'tdx_guest') throw new ProviderError('the machine is no TDX guest, as its configfs says');
      const before = await generationOf(entry);
      signal.throwIfAborted();
      await write(files, join(entry, 'inblob'), reportData);
      const quote = await read(files, join(entry, 'outblob'), mostQuoteBytes);
      if ((await generationOf(entry)) !== before + 1) throw new OtherWriter();
      if (quote.byteLength === 0)
        throw new ProviderError("configfs gives an empty quote: the host's quoting service does not run");
      if (quote.byteLength < leastQuoteBytes)
        throw new ProviderError(`configfs gives a quote of ${quote.byteLength} bytes only`);
      return new Uint8Array(quote);
    } finally {
      // Whatever happened: what is left would stay until the next boot.
      await files.rmdir(entry).catch(() => undefined);
    }
  }

  const generationOf = async (entry: string): Promise<number> => {
    const text = (await read(files, join(entry, 'generation'), mostAttributeBytes)).toString('latin1').trim();
    if (!/^\d{1,15}$/.test(text)) throw new ProviderError('configfs gives a generation that is no number');
    return Number(text);
  };

  async function quote(reportData: Uint8Array, signal: AbortSignal): Promise<Uint8Array> {
    for (let left = tries; ; left -= 1) {
      signal.throwIfAborted();
      try {
        return await quoteOnce(reportData, signal);
      } catch (error) {
        const isTaken = error instanceof OtherWriter || (error as NodeJS.ErrnoException).code === 'EBUSY';
        if (!isTaken || left === 1) throw problemOf(error);
        await new Promise<void>((resolve) => clock.wakeIn(pauseMs, resolve));
      }
    }
  }

  return {
    name: 'tsm',
    isSimulated: false,
    describe: () => `configfs at ${folder}`,
    quote: (reportData, signal) =>
      raced(
        quote(reportData, signal).then((bytes) => ({ quote: bytes })),
        signal,
      ),
  };
}

/** The kernel may hold a read for as long as the host likes, and no signal ends it. */
function raced<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const leave = () => reject(signal.reason);
    signal.addEventListener('abort', leave, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave));
  });
}

/** To its end: the size that the system tells of such a file is not that of what is in it. */
async function read(files: TsmFiles, path: string, mostBytes: number): Promise<Buffer> {
  const file = await files.open(path, 'r');
  try {
    const buffer = Buffer.alloc(mostBytes + 1);
    let size = 0;
    while (size < buffer.byteLength) {
      const { bytesRead } = await file.read(buffer, size, buffer.byteLength - size);
      if (bytesRead === 0) return buffer.subarray(0, size);
      size += bytesRead;
    }
    throw new ProviderError(`configfs gives more than ${mostBytes} bytes`);
  } finally {
    await file.close();
  }
}

/** In one write: a second one would be another request. */
async function write(files: TsmFiles, path: string, bytes: Uint8Array): Promise<void> {
  const file = await files.open(path, 'w');
  try {
    const { bytesWritten } = await file.write(bytes, 0, bytes.byteLength);
    if (bytesWritten !== bytes.byteLength) throw new ProviderError('configfs has not taken what was to be quoted');
  } finally {
    await file.close();
  }
}

function problemOf(error: unknown): unknown {
  if (error instanceof ProviderError) return error;
  if (error instanceof OtherWriter) return new ProviderError('somebody else asks configfs for quotes at the same time');
  const { code = '' } = error as NodeJS.ErrnoException;
  const words: Readonly<Record<string, string>> = {
    EBUSY: 'configfs is busy with other quotes',
    ENOENT: 'this machine has no configfs for quotes',
    ENXIO: 'the kernel has no provider of quotes',
    EACCES: 'this user may not ask configfs for quotes',
    EPERM: 'this user may not ask configfs for quotes',
  };
  // An abort is passed on as it is.
  return code in words ? new ProviderError(words[code] as string, { cause: error }) : error;
}
