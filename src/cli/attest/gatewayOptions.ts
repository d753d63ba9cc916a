// The options of `sealed-prover attest gateway`, and its help.
import { type Command, Option } from 'commander';
import type { Cli } from '../cli.js';
import { parseTimeout } from '../parse.js';
import type { GatewayOptions } from './gateway.js';
import { parseHost, parseListen, parseOrigin, parseSize } from './parseOptions.js';

const day = 86_400_000;

const examples = `
It answers /.well-known/attestation, /evidences/ and /health itself, and passes everything else on as it is: HTTP/2 and gRPC by HTTP/2
without TLS, the rest by HTTP/1.1. Put it into the same trusted machine as the prover.

Examples:
  $ sealed-prover attest gateway --host prover.example.org --upstream http://127.0.0.1:8080
  $ sealed-prover attest gateway --host localhost --upstream http://127.0.0.1:8080 --listen 127.0.0.1:8443 --attest dev`;

export function addGateway(attest: Command, cli: Cli, done: (exitCode: number) => void): void {
  attest
    .command('gateway')
    .description('Put TLS and reports before any HTTP or gRPC prover, inside of its trusted machine.')
    .requiredOption('--host <name>', 'by what name clients know it', parseHost)
    .requiredOption('--upstream <url>', 'the prover, by its origin: http://127.0.0.1:8080', parseOrigin)
    .addOption(
      new Option('--listen <address>', 'where it listens')
        .argParser(parseListen)
        .default({ host: '0.0.0.0', port: 443 }, '0.0.0.0:443'),
    )
    .addOption(
      new Option('--attest <provider>', 'who quotes this machine; dev proves nothing, and is for this machine alone')
        .choices(['auto', 'dstack', 'tappd', 'tsm', 'dev'])
        .default('auto'),
    )
    .option('--attest-socket <file>', 'the socket of the agent (default: where dstack puts it)')
    .addOption(
      new Option('--attest-header <when>', 'on which answers a report is')
        .choices(['on-request', 'always'])
        .default('always'),
    )
    .addOption(
      new Option('--sealed-bodies <which>', 'bodies sealed to the quoted key; require refuses those in clear')
        .choices(['off', 'accept', 'require'])
        .default('accept'),
    )
    .addOption(
      new Option('--tls <how>', 'a key of its own: from dstack, or new at each start (default: ephemeral)').choices([
        'derived',
        'ephemeral',
      ]),
    )
    .option('--tls-cert <file>', 'instead of it: a certificate with its chain (PEM); read again when it changes')
    .option('--tls-key <file>', 'the key of the certificate (PEM)')
    .option('--acme-account <file>', 'certbot’s regr.json, shown with the evidence of the certificate')
    .addOption(
      new Option('--body-limit <size>', 'the largest body of a request').argParser(parseSize).default(2 ** 31, '2GiB'),
    )
    .addOption(
      new Option('--deadline <time>', 'the longest time that an exchange may take')
        .argParser(parseTimeout)
        .default(day, '24h'),
    )
    .option('--data <dir>', 'for evidence files (default: gateway in the user’s data folder)')
    .option('--json', 'what happens as JSON objects, a line each')
    .addHelpText('after', examples)
    .action(async (options: GatewayOptions) =>
      done(await (await import('./gateway.js')).runAttestGateway(cli, options)),
    );
}
