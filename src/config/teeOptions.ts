// The options of mode tee, in the table of all.
import { z } from 'zod';
import { address, choice, count, list, option, secret, text } from './option.js';
import { duration, size } from './quantities.js';

export const teeOptions = {
  tee: option(
    choice('off', 'dstack', 'tappd', 'tsm', 'dev'),
    'off',
    'PROVIDER',
    'Mode tee: executes and signs in place of proving, by a key that this provider quotes, as with attest. dev is for development: nothing real vouches for its key.',
  ),
  tee2fa: option(choice('on', 'off'), 'off', 'on|off', 'Mode tee: is a server of SP1’s TEE 2FA as well.'),
  teePrograms: option(
    text,
    undefined,
    'FILE',
    'Mode tee: only these programs are signed for: a 0x vk hash a line, # begins a comment. Read again when it changes. Default: any program.',
  ),
  teeMaxPublicValues: option(size, '1MiB', 'SIZE', 'Longest public values that are signed in mode tee.'),
  teeRegistry: option(
    address,
    undefined,
    'ADDRESS',
    'The prover registry in which the keys of mode tee are registered, so that contracts know them. Default: none; clients verify the quote.',
  ),
  teeChainId: option(count(1, 999_999_999), undefined, 'N', 'The chain that the registry is on.'),
  teeRpc: secret(
    option(
      list.pipe(z.array(z.url({ protocol: /^https?$/, error: 'must be URLs such as https://rpc.example.org,…' }))),
      '',
      'URLS',
      'RPCs of that chain; the first that answers is taken. They can delay a registration, and change nothing in what is signed.',
    ),
  ),
  teeKeyFile: option(
    text,
    undefined,
    'FILE',
    'The private key of the account that pays for registrations (64 hex digits), in a file that its owner alone may read.',
  ),
  teeRegistrar: option(
    choice('self', 'external'),
    'self',
    'WHO',
    'Who sends registrations. external: you do, with the call that sealed-prover tee status shows; this service needs no account then.',
  ),
  teeBinding: option(
    choice('v1', 'v2'),
    'v2',
    'VERSION',
    'What binds a quote: v2 the chain and the registry too, v1 neither, for registries of the first version.',
  ),
  teeRotate: option(
    duration,
    '30m',
    'TIME',
    'How long a key signs until its successor takes over, by the clock of the chain. 0s: as long as it is registered.',
  ),
  teeMinRemaining: option(
    duration,
    '15m',
    'TIME',
    'A key signs nothing when less than this is left of its registration: so long every signature can be verified.',
  ),
  teeTcbStatuses: option(
    list.pipe(z.array(z.string().regex(/^[0-9]$/, 'must be numbers of TCB statuses such as 0,1'))),
    '0',
    'LIST',
    'In production: what the registry has to accept, no more and no less, by the numbers of DCAP verifiers. 0 is UpToDate.',
  ),
  teeConfirmations: option(
    count(1, 1_000),
    undefined,
    'N',
    'Blocks that a registration must be deep before its key signs. Default: 3 on Ethereum and its test chains, else 1.',
  ),
  teeMaxFee: option(count(1, 100_000), '100', 'GWEI', 'Most that a registration may pay for a unit of gas.'),
} as const;
