// `sealed-prover tee measure`: the ids by which a prover registry knows what runs in this VM, or in that of a given quote.
import { mostQuoteFileBytes, readQuote } from '../attestation/check/target/readQuote.js';
import { ProviderError } from '../attestation/providers/quoteProvider.js';
import { AttestationError } from '../attestation/verify/attestation.js';
import { parseQuote, type Quote } from '../attestation/verify/quote/parseQuote.js';
import { systemRandom } from '../random.js';
import { measurementIds } from '../signers/measurementIds.js';
import { readInput } from './attest/inputs.js';
import { type Cli, CliError } from './cli.js';
import { toJson } from './output.js';

export interface MeasureOptions {
  readonly quote?: string;
  readonly socket?: string;
  readonly json?: true;
}

/** Nothing is bound by this quote: only what it says of the machine is read. */
const nothing = new Uint8Array(64);

export async function runTeeMeasure(cli: Cli, options: MeasureOptions): Promise<number> {
  const { td } = options.quote === undefined ? await ownQuote(cli, options) : quoteIn(options.quote);
  const { plain, dstack } = measurementIds(td);
  const lines = [
    `plain   0x${plain}   all that is measured`,
    `dstack  0x${dstack}   the OS image and the compose file: the same for every instance of a dstack app`,
    '',
    'The owner of a registry allows one of them: setMeasurement(id, true).',
  ];
  cli.output.print(options.json ? toJson({ plain: `0x${plain}`, dstack: `0x${dstack}` }) : lines.join('\n'));
  return 0;
}

function quoteIn(path: string): Quote {
  try {
    return parseQuote(readQuote(readInput(path, mostQuoteFileBytes)).quote);
  } catch (error) {
    if (!(error instanceof AttestationError)) throw error;
    throw new CliError('QUOTE_UNUSABLE', `${path} has no TDX quote that can be read: ${error.detail}`);
  }
}

async function ownQuote({ clock, environment, interruptible }: Cli, { socket }: MeasureOptions): Promise<Quote> {
  const { findProvider } = await import('../attestation/providers/findProvider.js');
  const provider = findProvider('auto', { socket, environment, clock, random: systemRandom });
  if (provider === undefined)
    throw new CliError(
      'NO_PROVIDER',
      'Nothing quotes this machine: it is no TDX guest, or has no agent. Give a quote with --quote.',
    );
  try {
    return parseQuote((await interruptible((signal) => provider.quote(nothing, signal))).quote);
  } catch (error) {
    if (!(error instanceof ProviderError) && !(error instanceof AttestationError)) throw error;
    throw new CliError('NO_QUOTE', `No quote can be had of ${provider.describe()}: ${error.message}.`);
  }
}
