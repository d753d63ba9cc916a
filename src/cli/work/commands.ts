// `sealed-prover work`: its options and its help.
import { hostname } from 'node:os';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { isWorkerName } from '../../remoteLanes/workerName.js';
import { parseOrigin } from '../attest/parseOptions.js';
import type { Cli } from '../cli.js';

const examples = `
It proves what the front leases to it, and calls nobody else: it needs no key of a network and no port of its own. Inputs are kept in
memory. The front says with --workers-listen where workers come in, and with --workers-ca whose certificates they must have.

Examples:
  $ sealed-prover work --front https://front.example.org:8443 --cert worker.pem --key worker-key.pem
  $ sealed-prover work --front https://10.0.0.5:8443 --front-ca ca.pem --cert worker.pem --key worker-key.pem \\
      --gpus 0,1 --gpu-server /opt/sp1-gpu-server`;

/** Where Linux has memory that looks like a folder. */
const usualScratch = '/dev/shm';

function parseFront(text: string): URL {
  const url = parseOrigin(text);
  if (url.protocol !== 'https:') throw new InvalidArgumentError('Write an https URL: inputs come by TLS alone.');
  return url;
}

function parseName(text: string): string {
  if (!isWorkerName(text)) throw new InvalidArgumentError('Write 1 to 32 lower-case letters, digits and hyphens.');
  return text;
}

function parseLanes(text: string): number {
  if (!/^[0-4]$/.test(text)) throw new InvalidArgumentError('Write a whole number from 0 to 4.');
  return Number(text);
}

function parseGpus(text: string): string[] {
  const numbers = text.split(',').map((part) => part.trim());
  if (!numbers.every((number) => /^\d{1,3}$/.test(number)) || new Set(numbers).size < numbers.length)
    throw new InvalidArgumentError('Write GPU numbers such as 0,1, each once.');
  return numbers;
}

const parseList = (text: string): string[] => text.split(',').filter((part) => part !== '');

/** `GPU-Box.local` → `gpu-box`. */
function ownName(): string {
  const [first = ''] = hostname().toLowerCase().split('.');
  return (
    first
      .replace(/[^a-z0-9-]/g, '-')
      .replace(/^-+/, '')
      .slice(0, 32)
      .replace(/-+$/, '') || 'worker'
  );
}

export function addWork(program: Command, cli: Cli, done: (exitCode: number) => void): void {
  program
    .command('work')
    .description('Prove on this machine for a service on another one, until SIGTERM.')
    .requiredOption('--front <url>', 'where the service lets workers in: https://front.example.org:8443', parseFront)
    .requiredOption('--cert <file>', 'the certificate of this worker, with its chain (PEM)')
    .requiredOption('--key <file>', 'its key (PEM)')
    .option('--front-ca <file>', 'who vouches for the front’s certificate (PEM; default: whom this machine trusts)')
    .option(
      '--name <name>',
      'of this worker: the beginning of its lanes’ names (default: of this host)',
      parseName,
      ownName(),
    )
    .option('--cpu-prove-lanes <n>', 'CPU provers (default: 1, or 0 when there are GPUs)', parseLanes)
    .option('--gpus <list>', 'GPUs to run an sp1-gpu-server on, by number: 0,1,…', parseGpus)
    .option('--gpu-server <file>', 'the sp1-gpu-server binary (6.10.0)')
    .option('--gpu-sockets <list>', 'sockets of sp1-gpu-servers that somebody else runs', parseList)
    .option('--engine <file>', 'the engine binary (or SEALED_ENGINE; default: the one that set-up built)')
    .option('--scratch <dir>', 'a folder in memory, for inputs and proofs under way', usualScratch)
    .addOption(
      new Option('--log-level <level>', 'least level that is logged')
        .choices(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
        .default('info'),
    )
    .option('--json', 'what happens as JSON objects, a line each')
    .addHelpText('after', examples)
    .action(async (options) => done(await (await import('./run.js')).runWork(cli, options)));
}
