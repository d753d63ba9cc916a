// Why something that listens did not start, as a sentence.
import type { ListenAddress } from '../config/listenAddress.js';
import { CliError } from './cli.js';

/** Errors of the service whose message is already a sentence for the user. */
const spokenErrors = new Set([
  'DescriptorsError',
  'DataFolderError',
  'SchemaError',
  'RestoreError',
  'BucketError',
  'WatchedFileError',
  'NetworkKeyError',
  'NetworkChangedError',
  'RunFolderError',
  'AttestStartError',
  'SocketPathError',
  'TeeStartError',
  'WorkersStartError',
  'AdminStartError',
  'WorkerStartError',
]);

/** What has no sentence comes back as it is. */
export function startError(error: unknown, listen: ListenAddress): unknown {
  if (!(error instanceof Error)) return error;
  if (spokenErrors.has(error.name)) return new CliError('SERVICE_REFUSED', error.message);
  const at = `${listen.host}:${listen.port}`;
  const sentences: Record<string, string> = {
    EADDRINUSE: `${at} is in use already. Choose another port with --listen, or stop who has it.`,
    EADDRNOTAVAIL: `${listen.host} is no address of this machine. Choose one with --listen, for example 127.0.0.1:8080.`,
    EACCES: `This user may not listen on ${at}. Ports from 1024 up need no rights: --listen 127.0.0.1:8080.`,
  };
  const { code = '', syscall } = error as NodeJS.ErrnoException;
  const unresolved = `--listen: the name ${listen.host} leads to no address. Check its spelling, or give an address such as 127.0.0.1 or 0.0.0.0.`;
  // The same codes come from files too, and then say something else.
  const sentence = syscall === 'getaddrinfo' ? unresolved : syscall === 'listen' ? sentences[code] : undefined;
  return sentence === undefined ? error : new CliError('CANNOT_LISTEN', sentence);
}
