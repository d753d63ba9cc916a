// The options of `attest proxy` and `attest run`, and what they are read into.
import { type Command, Option } from 'commander';
import { type Mode, modes } from '../../attestation/attested/modes.js';
import type { ListenAddress } from '../../config/listenAddress.js';
import { parseTimeout } from '../parse.js';
import { withCollateralOptions } from './options.js';
import { parseListen } from './parseOptions.js';

export interface ProxyOptions {
  readonly policy?: string;
  readonly mode: Mode;
  readonly sealedBodies: 'on' | 'off';
  readonly reattest: number;
  readonly state?: string;
  readonly dns?: string;
  readonly collateral?: string;
  readonly pccs?: URL;
  readonly time?: number;
  readonly insecureDevRoot?: string;
  readonly tlsClientCert?: string;
  readonly tlsClientKey?: string;
}

export interface ListenOptions extends ProxyOptions {
  readonly listen: ListenAddress;
  readonly listenBeyondThisMachine?: true;
  readonly json?: true;
}

const tenMinutesMs = 600_000;

export const withProxyOptions = (command: Command) =>
  withCollateralOptions(
    command
      .option(
        '--policy <file>',
        'what must run there (docs/attestation.md); without one the code is compared with nothing',
      )
      .addOption(
        new Option('--mode <mode>', 'what is asked of the target (docs/attestation.md)')
          .choices(modes)
          .default('require'),
      )
      .addOption(
        new Option('--sealed-bodies <how>', 'seal bodies to the quoted key, where TLS ends before the service')
          .choices(['on', 'off'])
          .default('off'),
      )
      .option('--reattest <time>', 'how long a verdict holds', parseTimeout, tenMinutesMs)
      .option(
        '--state <file>',
        'where it is kept which endpoints were seen attested (default: in the user’s state folder)',
      )
      .option('--collateral <file>', 'the collateral, from attest collateral: nothing is fetched then')
      .option('--tls-client-cert <file>', 'what the target is shown when it asks for a certificate (PEM)')
      .option('--tls-client-key <file>', 'its key (PEM)'),
  );

export const withListenOptions = (command: Command) =>
  withProxyOptions(command)
    .option('--listen <address>', 'where the SDK is served: HOST:PORT', parseListen, { host: '127.0.0.1', port: 8088 })
    .option(
      '--listen-beyond-this-machine',
      'let --listen be an address that others reach: they are served in the clear',
    )
    .option('--json', 'what happens as JSON objects, a line each');
