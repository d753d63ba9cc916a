// One call to the service as an operator: protobuf JSON over POST, so that a command line needs no gRPC.
import {
  create,
  type DescMessage,
  type DescMethodUnary,
  fromJson,
  type JsonValue,
  type MessageInitShape,
  type MessageShape,
  toJson,
} from '@bufbuild/protobuf';
import type { Clock } from '../../clock.js';
import { CliError, interruptedExitCode } from '../cli.js';
import type { Place } from './place.js';

/** Most answers come in milliseconds; a look through 20,000 records takes some hundred (ms). */
const usualSilenceMs = 15_000;
const longestAnswerBytes = 64 * 1024 * 1024;

/** What scripts tell apart. Every other code is 1. */
const exitCodes: Readonly<Record<string, number>> = {
  invalid_argument: 2,
  not_found: 3,
  aborted: 4,
  failed_precondition: 4,
  unauthenticated: 5,
  permission_denied: 5,
  unavailable: 6,
};
const unreachedExitCode = 6;

export interface AdminCall {
  readonly at: Place;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** How long it may be silent (ms). Absent: as long as a look takes. */
  readonly silenceMs?: number;
  /** Who says to act, for the audit. */
  readonly operator: string;
}

/** Throws CliError: INTERRUPTED with 130 after Ctrl-C, UNREACHABLE with 6 when no service answers, and whatever the service says, with the exit code of its kind. */
export async function callAdmin<I extends DescMessage, O extends DescMessage>(
  method: DescMethodUnary<I, O>,
  request: MessageInitShape<I>,
  to: AdminCall,
): Promise<MessageShape<O>> {
  const path = `/${method.parent.typeName}/${method.name}`;
  const body = JSON.stringify(toJson(method.input, create(method.input, request)));
  const { status, text } = await post(path, body, to);
  const answer = status === 200 ? jsonIn(text) : undefined;
  if (answer !== undefined) return fromJson(method.output, answer, { ignoreUnknownFields: true });
  throw errorIn(text, status, to.at);
}

/** What a service says that refuses. */
export function errorIn(text: string, status: number, at: Place): CliError {
  const said = jsonIn(text) as
    | { code?: string; message?: string; details?: { debug?: { code?: string } }[] }
    | undefined;
  if (typeof said?.code !== 'string' || typeof said.message !== 'string')
    return new CliError('NOT_OURS', `Something else than this service answers at ${at.name} (HTTP ${status}).`);
  return new CliError(
    said.details?.[0]?.debug?.code ?? said.code.toUpperCase(),
    said.message,
    exitCodes[said.code] ?? 1,
  );
}

function jsonIn(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
}

function post(
  path: string,
  body: string,
  { at, clock, signal, operator, silenceMs = usualSilenceMs }: AdminCall,
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const fail = (reason: string) => {
      cancelTimer();
      request.destroy();
      reject(signal.aborted ? interrupted() : unreached(reason, at));
    };
    const headers = {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      'x-sealed-operator': operator,
    };
    const request = at.request({ path, method: 'POST', headers, signal }, (response) => {
      const chunks: Buffer[] = [];
      let sizeBytes = 0;
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        sizeBytes += chunk.byteLength;
        if (sizeBytes > longestAnswerBytes) fail('its answer has no end');
      });
      response.on('error', (error) => fail(reasonOf(error)));
      response.on('end', () => {
        cancelTimer();
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') });
      });
    });
    const cancelTimer = clock.wakeIn(silenceMs, () => fail(`silent for ${silenceMs / 1000} s`));
    request.on('error', (error) => fail(reasonOf(error)));
    request.end(body);
  });
}

/** Ctrl-C. An action that was under way may be done, or not. */
export const interrupted = () =>
  new CliError('INTERRUPTED', 'Interrupted before the service had answered.', interruptedExitCode);

export function unreached(reason: string, { name, isSocket }: Place): CliError {
  const advice = isSocket
    ? 'Is it running, as this user and with this data folder (--data)?'
    : /CERT|SIGNATURE|ALTNAME/.test(reason)
      ? 'Who vouches for its certificate is told by --ca-file FILE.'
      : 'Is it running, with --admin-listen there?';
  const message = `No service answers at ${name} (${reason}). ${advice}`;
  return new CliError('UNREACHABLE', message, unreachedExitCode);
}

export const reasonOf = (error: NodeJS.ErrnoException) => error.code ?? error.message;
