// Every option of the service, once. Flags, environment variables, the configuration file and docs/configuration.md come from this table.
import { z } from 'zod';
import { adminOptions } from './adminOptions.js';
import { networkOptions } from './networkOptions.js';
import { choice, count, list, option, secret, text } from './option.js';
import { baseUrl, listen, origin } from './places.js';
import { duration, retention, size } from './quantities.js';
import { teeOptions } from './teeOptions.js';

/** The SDK sleeps this long between two polls, so one of them falls into the last 2 s of a proof. */
const longestHoldFailedMs = 30 * 86_400_000;
const longestHoldMs = 2_000;

const s3Prefix = z
  .string()
  .regex(/^[A-Za-z0-9!_.*'()-][A-Za-z0-9!_.*'()/-]{0,199}$/, 'must be letters, digits and - _ . / as in team/prover')
  .transform((text) => (text.endsWith('/') ? text : `${text}/`));

export const options = {
  listen: option(listen, '127.0.0.1:8080', 'HOST:PORT', 'The one public port: gRPC and artifact HTTP.'),
  data: option(
    text,
    undefined,
    'DIR',
    'The data folder (created 0700). Default: sealed-prover in the user’s data folder.',
  ),
  ...adminOptions,
  metricsListen: option(
    listen,
    undefined,
    'HOST:PORT',
    'Another port, for Prometheus: `/metrics` and `/health`, without TLS and credentials. Default: none.',
  ),
  publicUrl: option(
    origin,
    undefined,
    'URL',
    'Origin of artifact URLs, when clients reach the service through a proxy. Default: the one that the client used, as far as the proxy says.',
  ),
  ...networkOptions,
  tlsCert: option(
    text,
    undefined,
    'FILE',
    'The TLS certificate with its chain (PEM). With it the port speaks TLS too. Read again when it changes, as all of these.',
  ),
  tlsKey: option(text, undefined, 'FILE', 'The key of the TLS certificate (PEM).'),
  tlsClientCa: option(
    text,
    undefined,
    'FILE',
    'Whose client certificates are believed (PEM). They are asked for, and connections without one are served as well.',
  ),
  tls: option(
    choice('derived', 'ephemeral'),
    undefined,
    'HOW',
    'TLS without certificate files, with a self-signed certificate of 30 days: derived takes its key from dstack, so that it survives restarts; ephemeral makes one at each start. Clients check the key by its quote.',
  ),
  plaintext: option(
    choice('always', 'loopback', 'never'),
    undefined,
    'FROM',
    'From where connections without TLS are served: always, loopback or never. Default: loopback with TLS, always without it.',
  ),
  attest: option(
    choice('off', 'auto', 'dstack', 'tappd', 'tsm', 'dev'),
    'off',
    'PROVIDER',
    'Who quotes this machine: dstack and tappd are agents, tsm is Linux itself, auto takes the first of them that is there. dev is for development and proves nothing.',
  ),
  attestHeader: option(
    choice('on-request', 'always'),
    'on-request',
    'WHEN',
    'Which answers carry a report in their head: those to requests with a nonce, or all.',
  ),
  sealedBodies: option(
    choice('off', 'accept', 'require'),
    undefined,
    'WHICH',
    'Bodies that are sealed to the quoted key, for deployments where TLS ends before the service: off, accept, or require, which refuses bodies in clear. Default: accept with attest, off without it.',
  ),
  attestSocket: option(text, undefined, 'FILE', 'The socket of the agent. Default: where dstack puts it.'),
  acmeAccount: option(
    text,
    undefined,
    'FILE',
    'The ACME account that got the TLS certificate (certbot’s regr.json), for the evidence files.',
  ),
  ...teeOptions,
  allowlist: option(
    text,
    undefined,
    'FILE',
    'Only these addresses may upload, register and ask: a 0x address a line, # begins a comment. Read again when it changes. Default: any address.',
  ),
  tokenFile: option(
    text,
    undefined,
    'FILE',
    'Every gRPC call needs one of these as its bearer token: a token a line, # begins a comment. Read again when it changes. Default: no token.',
  ),
  clientCertificates: option(
    choice('ignored', 'required'),
    'ignored',
    'HOW',
    'required: every gRPC call needs a client certificate that tlsClientCa vouches for (and a token too, with tokenFile). Artifact URLs never do.',
  ),
  logLevel: option(
    choice('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'),
    'info',
    'LEVEL',
    'Least level that is logged: fatal, error, warn, info, debug, trace or silent.',
  ),
  tracesTo: secret(
    option(
      baseUrl,
      undefined,
      'URL',
      'Where a collector of OpenTelemetry takes [traces](operating.md#traces), by OTLP over HTTP, at `/v1/traces` below it. Default: OTEL_EXPORTER_OTLP_ENDPOINT; where neither is set, nothing is sent.',
    ),
  ),
  engine: option(text, undefined, 'FILE', 'The engine binary. Default: the one that set-up has built.'),
  executeLanes: option(
    count(1, 16),
    '1',
    'N',
    'Processes that execute guests (about 50 MB each, plus the guest’s memory).',
  ),
  verifyLanes: option(count(1, 4), '1', 'N', 'Processes that verify proofs before they are served.'),
  cpuProveLanes: option(count(0, 4), undefined, 'N', 'CPU provers. Default: 1, or 0 when there are GPUs.'),
  gpus: option(
    list.pipe(z.array(z.string().regex(/^\d{1,3}$/, 'must be GPU numbers such as 0,1'))),
    '',
    'LIST',
    'GPUs to run an sp1-gpu-server on, by number: 0,1,…',
  ),
  gpuServer: option(text, undefined, 'FILE', 'The sp1-gpu-server binary (6.10.0). Needed with gpus.'),
  gpuSockets: option(list, '', 'LIST', 'Sockets of sp1-gpu-servers that somebody else runs.'),
  workersListen: option(
    listen,
    undefined,
    'HOST:PORT',
    'Where provers on other machines come in, by mutual TLS. [How](remote-provers.md). Default: nowhere.',
  ),
  workersCa: option(text, undefined, 'FILE', 'Whose certificates workers must have (PEM). Needed with workersListen.'),
  workersCert: option(
    text,
    undefined,
    'FILE',
    'The certificate that workers see, with its chain (PEM). Default: that of tlsCert.',
  ),
  workersKey: option(text, undefined, 'FILE', 'The key of that certificate (PEM). Default: that of tlsKey.'),
  maxOpenRequests: option(
    count(1, 1_000_000),
    '20000',
    'N',
    'Most requests that may be open at once. Further ones are refused until there is room.',
  ),
  maxOpenRequestsPerAddress: option(
    count(1, 1_000_000),
    '2000',
    'N',
    'Most of them that one address may have. Further ones are refused until there is room.',
  ),
  maxActiveRequests: option(count(1, 10_000), '64', 'N', 'Most requests that may be past the queue at once.'),
  maxProgramSize: option(size, '256MiB', 'SIZE', 'Largest program artifact.'),
  maxStdinSize: option(size, '1GiB', 'SIZE', 'Largest stdin, decompressed.'),
  s3Bucket: option(
    z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'must be the name of a bucket, without its URL'),
    undefined,
    'NAME',
    'Programs, inputs that are not private, and their proofs are kept in this S3 bucket. Private ones never leave the data folder. Default: everything in the data folder.',
  ),
  s3Prefix: option(
    s3Prefix,
    undefined,
    'PREFIX',
    'Keys begin with it. One data folder owns all of them: whatever it does not know there is deleted. Default: the whole bucket.',
  ),
  s3Endpoint: option(origin, undefined, 'URL', 'Origin of an S3-compatible store. Default: Amazon’s, in the region.'),
  s3Region: option(
    z.string().regex(/^[a-z0-9-]{2,40}$/, 'must be a region such as eu-central-1'),
    undefined,
    'REGION',
    'Region of the bucket. Default: AWS_REGION. Credentials come from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or where Amazon’s tools find them.',
  ),
  s3Presign: option(
    choice('on', 'off'),
    'off',
    'on|off',
    'on: what is not private is uploaded to and downloaded from the bucket itself, by URLs of an hour. Clients must reach its endpoint.',
  ),
  s3Cache: option(
    size,
    '20GiB',
    'SIZE',
    'Most bytes of local copies of what is in the bucket; what is in use may pass it.',
  ),
  maxProgramsPerAddress: option(
    count(1, 1_000_000),
    '1000',
    'N',
    'Most programs that one address may register; they are kept for good.',
  ),
  uploads: option(count(1, 64), '4', 'N', 'Uploads that are received at the same time; more wait.'),
  uploadsPerAddress: option(
    count(1, 64),
    '3',
    'N',
    'Most of them that are of one address, so that others find one free.',
  ),
  uploadSpace: option(
    size,
    '64GiB',
    'SIZE',
    'Room for inputs whose requests have not ended and for programs that are not registered. Further uploads are refused until there is room.',
  ),
  uploadSpacePerAddress: option(size, '16GiB', 'SIZE', 'Most of that room that the uploads of one address take.'),
  signatureThreads: option(count(1, 64), '1', 'N', 'Threads that recover signatures (about 10,000 a second each).'),
  proofRetention: option(duration, '7d', 'TIME', 'How long a proof stays downloadable after it was made.'),
  recordRetention: option(
    retention,
    '90d',
    'TIME|never',
    'How long the record of an ended request stays: ids, address, program, digests, transitions. At least as long as its proof.',
  ),
  holdFailed: option(
    duration.refine((ms) => ms <= longestHoldFailedMs, 'must be at most 30d: no deadline is later'),
    '0s',
    'TIME',
    'A request that fails by a fault of the service is [held](operating.md#held-requests) so long for an operator, at most until its deadline. 0s: it ends at once.',
  ),
  feedRetention: option(
    count(1_000, 100_000_000),
    '1000000',
    'N',
    'How many entries the [feed](operating.md#the-feed) keeps, of about 150 bytes each. Older ones go within a minute.',
  ),
  holdPolls: option(
    duration.refine((ms) => ms <= longestHoldMs, 'must be at most 2s: the SDK asks every 2 s'),
    '2s',
    'TIME',
    'How long the SDK’s question for a status may be held while its proof is verified or is about to be; 0s holds none.',
  ),
  drainTimeout: option(
    duration,
    '10s',
    'TIME',
    'How long a stopping service waits for running calls before it ends them.',
  ),
} as const;

export type OptionName = keyof typeof options;
export const optionNames = Object.keys(options) as OptionName[];
export type OptionValues = {
  readonly [N in OptionName]:
    | z.output<(typeof options)[N]['schema']>
    | (undefined extends (typeof options)[N]['default'] ? undefined : never);
};

/** `maxStdinSize` → `--max-stdin-size`, `SEALED_MAX_STDIN_SIZE`. */
export const flagOf = (name: string) => `--${name.replace(/[A-Z]|(?<=[a-z]{2})\d/g, (c) => `-${c.toLowerCase()}`)}`;
export const environmentNameOf = (name: string) =>
  `SEALED_${name.replace(/[A-Z]|(?<=[a-z]{2})\d/g, (c) => `_${c}`).toUpperCase()}`;
