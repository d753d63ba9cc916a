// Every option of the service, once: its name, its form, its default and what it is for. Flags, environment variables, the
// configuration file and docs/configuration.md are all derived from this table.
import { z } from 'zod';

/** `512MiB`, `2GB`, `1048576`: bytes. */
const size = z.string().transform((text, context) => {
  const found = /^(\d{1,15})\s*(B|KB|MB|GB|KiB|MiB|GiB)?$/.exec(text);
  const unit = { B: 1, KB: 1e3, MB: 1e6, GB: 1e9, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 }[found?.[2] ?? 'B'] ?? 1;
  if (found === null) context.addIssue({ code: 'custom', message: 'must be a size such as 512MiB or 2GB' });
  return Number(found?.[1]) * unit;
});

/** `90s`, `15m`, `12h`, `7d`: milliseconds. */
const duration = z.string().transform((text, context) => {
  const found = /^(\d{1,9})\s*(s|m|h|d)$/.exec(text);
  const unit = { s: 1e3, m: 60e3, h: 3_600e3, d: 86_400e3 }[found?.[2] ?? 's'] ?? 1e3;
  if (found === null) context.addIssue({ code: 'custom', message: 'must be a duration such as 90s, 15m, 12h or 7d' });
  return Number(found?.[1]) * unit;
});

const count = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/, `must be a whole number from ${least} to ${most}`)
    .transform(Number)
    .refine((number) => number >= least && number <= most, `must be a whole number from ${least} to ${most}`);

const list = z.string().transform((text) =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== ''),
);

const listen = z.string().transform((text, context) => {
  const found = /^(?:(\[[0-9a-fA-F:.]+\]|[^:\s]+):)?(\d{1,5})$/.exec(text);
  const port = Number(found?.[2]);
  if (found === null || port > 65_535)
    context.addIssue({ code: 'custom', message: 'must be HOST:PORT, for example 127.0.0.1:8080' });
  return { host: (found?.[1] ?? '127.0.0.1').replace(/^\[|\]$/g, ''), port };
});

const origin = z.string().transform((text, context) => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const plain =
    url !== undefined &&
    /^https?:$/.test(url.protocol) &&
    url.pathname === '/' &&
    url.search === '' &&
    url.username === '';
  if (!plain) context.addIssue({ code: 'custom', message: 'must be an origin such as https://prover.example.org' });
  return url?.origin ?? '';
});

/** The SDK ends a call after 60 s; what is left is for the way. */
const longestHoldMs = 50_000;

const s3Prefix = z
  .string()
  .regex(/^[A-Za-z0-9!_.*'()-][A-Za-z0-9!_.*'()/-]{0,199}$/, 'must be letters, digits and - _ . / as in team/prover')
  .transform((text) => (text.endsWith('/') ? text : `${text}/`));

/** `fallback` is text, as a user would write it; undefined when the default depends on the machine. */
const option = <S extends z.ZodType<unknown, string>, const D extends string | undefined>(
  schema: S,
  fallback: D,
  placeholder: string,
  description: string,
): { schema: S; default: D; placeholder: string; description: string } => ({
  schema,
  default: fallback,
  placeholder,
  description,
});

export const options = {
  listen: option(listen, '127.0.0.1:8080', 'HOST:PORT', 'The one public port: gRPC and artifact HTTP.'),
  data: option(
    z.string().min(1),
    undefined,
    'DIR',
    'The data folder (created 0700). Default: sealed-prover in the user’s data folder.',
  ),
  publicUrl: option(
    origin,
    undefined,
    'URL',
    'Origin of artifact URLs, when clients reach the service through a proxy. Default: the host and port that the client used.',
  ),
  tlsCert: option(
    z.string().min(1),
    undefined,
    'FILE',
    'The TLS certificate with its chain (PEM). With it the port speaks TLS too. Read again when it changes, as all of these.',
  ),
  tlsKey: option(z.string().min(1), undefined, 'FILE', 'The key of the TLS certificate (PEM).'),
  tlsClientCa: option(
    z.string().min(1),
    undefined,
    'FILE',
    'Whose client certificates are believed (PEM). They are asked for, and connections without one are served as well.',
  ),
  plaintext: option(
    z.enum(['always', 'loopback', 'never']),
    undefined,
    'FROM',
    'From where connections without TLS are served: always, loopback or never. Default: loopback with a TLS certificate, always without one.',
  ),
  allowlist: option(
    z.string().min(1),
    undefined,
    'FILE',
    'Only these addresses may upload, register and ask: a 0x address a line, # begins a comment. Read again when it changes. Default: any address.',
  ),
  tokenFile: option(
    z.string().min(1),
    undefined,
    'FILE',
    'Every gRPC call needs one of these as its bearer token: a token a line, # begins a comment. Read again when it changes. Default: no token.',
  ),
  clientCertificates: option(
    z.enum(['ignored', 'required']),
    'ignored',
    'HOW',
    'required: every gRPC call needs a client certificate that tlsClientCa vouches for (and a token too, with tokenFile). Artifact URLs never do.',
  ),
  logLevel: option(
    z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']),
    'info',
    'LEVEL',
    'Least level that is logged: fatal, error, warn, info, debug, trace or silent.',
  ),
  engine: option(z.string().min(1), undefined, 'FILE', 'The engine binary. Default: the one that set-up has built.'),
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
  gpuServer: option(z.string().min(1), undefined, 'FILE', 'The sp1-gpu-server binary (6.10.0). Needed with gpus.'),
  gpuSockets: option(list, '', 'LIST', 'Sockets of sp1-gpu-servers that somebody else runs.'),
  maxOpenRequests: option(
    count(1, 1_000_000),
    '20000',
    'N',
    'Most requests that may be open at once; more are told to try again later.',
  ),
  maxOpenRequestsPerAddress: option(
    count(1, 1_000_000),
    '2000',
    'N',
    'Most of them that one address may have; more are told to try again later.',
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
    z.enum(['on', 'off']),
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
    'Room for inputs whose requests have not ended and for programs that are not registered; further uploads are told to try again later.',
  ),
  uploadSpacePerAddress: option(size, '16GiB', 'SIZE', 'Most of that room that the uploads of one address take.'),
  signatureThreads: option(count(1, 64), '1', 'N', 'Threads that recover signatures (about 10,000 a second each).'),
  proofRetention: option(duration, '7d', 'TIME', 'How long a proof stays downloadable after it was made.'),
  holdPolls: option(
    duration.refine((ms) => ms <= longestHoldMs, 'must be at most 50s: the SDK gives up a call after 60 s'),
    '10s',
    'TIME',
    'How long a poll of the SDK’s wait for a proof may be held until there is something new; 0s holds none.',
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
export const flagOf = (name: string) => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
export const environmentNameOf = (name: string) =>
  `SEALED_${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
