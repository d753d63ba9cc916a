// The tables of failures in docs/sdk.md and docs/architecture.md. Codes and statuses come from src/failures.
import { adminFailures } from '../../src/failures/admin.js';
import { definitions, type FailureCode } from '../../src/failures/catalog.js';
import { type GrpcCodeName, grpcCodes } from '../../src/failures/grpcCode.js';
import { httpStatuses } from '../../src/failures/httpStatus.js';
import { workerFailures } from '../../src/failures/workers.js';
import { ProofRequestError } from '../../src/gen/network/network_pb.js';
import { errorOfFailure } from '../../src/rpc/sdk/wireStatus.js';
import { callRows, endRows, type FailureRow, uploadRows } from './failureRows.js';

type Cells = readonly [string, string, string, string];
type Rows = typeof callRows;

/** Those that a client can meet: neither operators' nor workers'. */
const codesOf = (Object.keys(definitions) as FailureCode[]).filter(
  (code) => !Object.hasOwn({ ...adminFailures, ...workerFailures }, code),
);
const isOfFailures = (row: Rows[number]): row is FailureRow => typeof row[0] !== 'string';
const line = (cells: readonly string[]) => `|${cells.map((cell) => (cell === '' ? ' |' : ` ${cell} |`)).join('')}`;
const retried = (isRetried: boolean) => (isRetried ? ' ↻' : '');

function table(head: Cells, rows: Rows, cellsOf: (row: FailureRow) => Cells): string[] {
  return [line(head), '|---|---|---|---|', ...rows.map((row) => line(isOfFailures(row) ? cellsOf(row) : row))];
}

/** What the codes of one row have in common. */
function shared<T>(codes: readonly FailureCode[], read: (code: FailureCode) => T): T {
  const [value, ...others] = new Set(codes.map(read));
  if (value === undefined || others.length > 0) throw new Error(`these need rows of their own: ${codes.join(', ')}`);
  return value;
}

/** What the SDK does on each, by its network/retry.rs. */
const reactions: Record<GrpcCodeName, string> = {
  unavailable: 'tries again',
  aborted: 'tries again, with a new nonce',
  internal: 'tries again; for INTERNAL itself, the log has the reference that the client got',
  notFound: 'registers the program; gives up',
  invalidArgument: 'gives up',
  resourceExhausted: 'gives up',
  failedPrecondition: 'gives up',
  unauthenticated: 'gives up',
  permissionDenied: 'gives up',
};

const grpcName = (name: GrpcCodeName) => name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
const quoted = (codes: readonly FailureCode[], mark: (code: FailureCode) => string) =>
  codes.map((code) => `\`${code}\`${mark(code)}`).join(', ');

export const callTable = (): string[] =>
  table(['Code', 'gRPC status', 'What happened', 'What to do'], callRows, ([codes, happened, advice]) => [
    quoted(codes, (code) => retried(reactions[grpcCodes[code]].startsWith('tries again'))),
    grpcName(shared(codes, (code) => grpcCodes[code])),
    happened,
    advice,
  ]);

export const uploadTable = (): string[] =>
  table(['Status', 'Code', 'What happened', 'What to do'], uploadRows, ([codes, happened, advice]) => {
    const status = shared(codes, (code) => httpStatuses[code]);
    return [`${status}${retried(status === 408 || status === 504)}`, quoted(codes, () => ''), happened, advice];
  });

export const endTable = (): string[] =>
  table(['Code', '`error` in details', 'What happened', 'What to do'], endRows, ([codes, happened, advice]) => {
    const error = shared(codes, errorOfFailure);
    return [quoted(codes, () => ''), `${error} ${ProofRequestError[error]}`, happened, advice];
  });

export const grpcTable = (): string[] => [
  '| gRPC status | Failures | The SDK |',
  '|---|---|---|',
  ...Object.entries(reactions).map(([name, reaction]) => {
    const codes = codesOf.filter((code) => grpcCodes[code] === name);
    return `| ${grpcName(name as GrpcCodeName)} | ${codes.join(', ')} | ${reaction} |`;
  }),
];

/** Failures that a reader of docs/sdk.md would look for in vain. A text may name one, too. */
export function missingRows(): FailureCode[] {
  const rows = [...callRows, ...uploadRows, ...endRows];
  const named = new Set(rows.filter(isOfFailures).flatMap(([codes]) => codes));
  const texts = rows.flat(2).join(' ');
  return codesOf.filter((code) => !named.has(code) && !texts.includes(`\`${code}\``));
}
