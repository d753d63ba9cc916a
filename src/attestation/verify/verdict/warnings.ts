// What no check can say, and a person must know.
import type { QuoteExamination } from '../examineQuote.js';
import type { JsonObject } from '../json/parseJson.js';
import { countGpus } from './statementCheck.js';

interface Warned {
  readonly examination: QuoteExamination;
  readonly hasPolicy: boolean;
  readonly osImageHash: string | undefined;
  readonly statement: JsonObject | undefined;
}

/** dstack's images for development, 0.5.9 and 0.5.5: with SSH and a serial console, and every hash right. */
const developmentImages = [
  '0e09f2bcb510c682b461d16b97192c710886db582852991e05146291063f890b',
  '021bf66a7c9fd4a05031b8fa688834948874631c2ad5b9a2d566b4421b817271',
];

export function warningsOf({ examination, hasPolicy, osImageHash, statement }: Warned): readonly string[] {
  return [
    ...(examination.isIntelRoot ? [] : ['Nothing was proven: the chain ends at another root than Intel’s.']),
    ...(hasPolicy ? [] : ['No policy: the code was compared with nothing.']),
    ...(osImageHash !== undefined && developmentImages.includes(osImageHash)
      ? ['The OS image is one for development: its operator can log in.']
      : []),
    ...(statement && countGpus(statement) > 0
      ? ['Proofs are made on GPUs, which are outside of what the quote protects.']
      : []),
  ];
}
