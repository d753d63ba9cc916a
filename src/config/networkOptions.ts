// The options of network mode, which are a part of the one table of options.
import { choice, list, option } from './option.js';
import { origin } from './places.js';
import { duration } from './quantities.js';

export const networkOptions = {
  networkUrl: option(
    origin,
    undefined,
    'URL',
    'Be a private front of the public prover network behind this URL, base flavour. Needs `--public-url` and the key of a prover. [How](private-prover.md).',
  ),
  networkFlavour: option(
    choice('base', 'auction'),
    'base',
    'FLAVOUR',
    'Which wire the network speaks. auction is refused: its executors have to read the input.',
  ),
  networkKeyFile: option(
    list,
    undefined,
    'FILE[,FILE]',
    'Private key of the prover at the network, 32 bytes in hex, readable by its owner alone. The first signs what is new. Another one after it finishes the reports that it began.',
  ),
  deliver: option(
    choice('proof', 'nothing'),
    'proof',
    'WHAT',
    'Network mode: what the network gets. nothing keeps proofs and public values here too, for the clients of this service alone.',
  ),
  undelivered: option(
    choice('release', 'keep'),
    'release',
    'HOW',
    'With `--deliver nothing`: release tells the network that there will be no proof as soon as it is made here; keep says nothing, and the network sees the request expire.',
  ),
  reportExecutions: option(
    choice('off', 'try'),
    'off',
    'WHETHER',
    'Network mode: try tells the network why a guest has failed, before it hears that there will be no proof. A network that lets no prover say so turns it off until the next start.',
  ),
  serveProofs: option(
    choice('here', 'network'),
    'here',
    'WHERE',
    'Network mode: where clients fetch their proofs. With network they see a proof once the network has it, and from here only what it does not take.',
  ),
  adopt: option(
    choice('known', 'fail', 'prove-public'),
    'known',
    'WHICH',
    'Network mode: what to do with a request that is assigned to the prover and whose input is not of here. known leaves it alone, fail tells the network that there will be no proof, prove-public fetches an input that is public there.',
  ),
  programUploads: option(
    choice('here', 'direct'),
    'here',
    'WHERE',
    "Network mode: where clients upload programs. here passes them on to the network's store and keeps them; direct hands out the network's own URL, and a program is fetched from there with the first request for it, which that store must allow.",
  ),
  networkHosts: option(
    list,
    's3.us-east-2.amazonaws.com',
    'HOST,…',
    'Network mode: from where programs that others have registered, and public inputs, may be fetched: these hosts and all below them, by https. Their URLs are chosen by strangers.',
  ),
  lateGrace: option(
    duration,
    '10m',
    'TIME',
    'Network mode: how long after its deadline a proof is still offered to the network.',
  ),
  networkDeadlineMargin: option(
    duration,
    '30s',
    'TIME',
    'Network mode: a request whose deadline is nearer than this is refused before the network hears of it.',
  ),
  networkForget: option(
    choice('on', 'off'),
    'off',
    'on|off',
    'Network mode: drop the reports that are owed to another `--network-url` or under another key, which keep the service from starting otherwise.',
  ),
};
