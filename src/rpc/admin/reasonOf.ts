// A reason on the wire: its sentence, and the figures of the sentence by name.
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Failure } from '../../failures/catalog.js';
import type { ReasonSchema } from '../../gen/admin/v1/requests_pb.js';
import type { Reason } from '../../machines/reasons/reason.js';
import { reasonSentence } from '../../machines/reasons/reasonSentence.js';

export function reasonOf(reason: Reason) {
  const { code, ...figures } = reason;
  const known = Object.entries(figures as Readonly<Record<string, Figure>>).filter(
    ([, figure]) => figure !== undefined,
  );
  const facts = Object.fromEntries(known.map(([name, figure]) => [snakeCase(name), textOf(figure)]));
  return { code, sentence: reasonSentence(reason), facts } satisfies MessageInitShape<typeof ReasonSchema>;
}

type Figure = string | number | readonly string[] | Failure | undefined;

const snakeCase = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

function textOf(figure: Figure): string {
  if (typeof figure === 'number') return String(Math.round(figure));
  if (typeof figure !== 'object') return String(figure);
  return 'code' in figure ? figure.code : figure.join(',');
}
