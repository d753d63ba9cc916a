// Requests.Get: all that is known of one request, but for what is a right to its bytes.
import type { MessageInitShape } from '@bufbuild/protobuf';
import type {
  EstimateSchema,
  PlaceSchema,
  RequestsGetRequest,
  RequestsGetResponseSchema,
} from '../../gen/admin/v1/requests_pb.js';
import type { Reason } from '../../machines/reasons/reason.js';
import type { RequestView } from '../../machines/request/view.js';
import { contextOf } from './contextOf.js';
import type { AdminDependencies } from './dependencies.js';
import { reasonOf } from './reasonOf.js';
import { requestNamed } from './requestNamed.js';
import { rowOf } from './rowOf.js';
import { moment, span } from './spans.js';

export type GetRequestDependencies = Pick<
  AdminDependencies,
  'browse' | 'registry' | 'setAside' | 'admission' | 'scheduling' | 'why' | 'usual' | 'clock'
>;

/** Throws NOT_UNDERSTOOD, REQUEST_UNKNOWN, AMBIGUOUS_ID. */
export const getRequest =
  (dependencies: GetRequestDependencies) =>
  async ({ id, withContext }: RequestsGetRequest): Promise<MessageInitShape<typeof RequestsGetResponseSchema>> => {
    const view = await requestNamed(id, dependencies);
    const { requestId, stdin, traceparent = '' } = view.request;
    const place = placeOf(view, dependencies);
    const look = dependencies.why();
    const reasons = [...look.reasonsOf(view)];
    const estimate = estimateOf(view, reasons, dependencies);
    const persisted = withContext ? dependencies.browse.persisted(view) : undefined;
    return {
      request: {
        row: rowOf(view, look, dependencies),
        reasons: reasons.map(reasonOf),
        stdin: { sha256: stdin.sha256, sizeBytes: BigInt(stdin.sizeBytes) },
        tries: view.tries,
        traceparent,
        age: span(dependencies.registry.elapsedMs(requestId) ?? view.elapsedMs),
        ...(persisted && contextOf(persisted)),
        ...(place && { place }),
        ...(estimate && { estimate }),
        ...('execution' in view && view.execution && { execution: view.execution }),
        ...(view.state === 'fulfilled' && {
          proof: { sha256: view.proof.sha256, sizeBytes: BigInt(view.proof.sizeBytes) },
        }),
      },
    };
  };

const stages = { executing: 'execute', proving: 'prove', verifying: 'verify' } as const;

/** Undefined when it waits in no line. */
function placeOf(
  view: RequestView,
  { admission, scheduling, registry }: GetRequestDependencies,
): MessageInitShape<typeof PlaceSchema> | undefined {
  const { requestId, requester } = view.request;
  if (view.state === 'requested') {
    const place = admission.placeOf(requestId);
    return place && { line: 'admission', ahead: place.ahead, aheadOfOwn: place.aheadOfOwn };
  }
  // A signer takes what it gets at once: there is no line for it.
  if (!('phase' in view) || view.phase !== 'waiting' || view.state === 'signing') return undefined;
  const ownerOf = (id: typeof requestId) => registry.view(id)?.request.requester;
  const line = stages[view.state];
  const ids = scheduling.line(line).map((work) => work.requestId);
  const ahead = ids.indexOf(requestId);
  if (ahead === -1) return undefined;
  const own = ids.slice(0, ahead).filter((id) => ownerOf(id) === requester);
  return { line, ahead, aheadOfOwn: own.length };
}

/** Undefined while it does not run, and when its program is new here. */
function estimateOf(
  view: RequestView,
  reasons: readonly Reason[],
  { usual, clock }: GetRequestDependencies,
): MessageInitShape<typeof EstimateSchema> | undefined {
  const known = usual.of(view);
  const running = reasons.find((reason) => reason.code === 'RUNNING');
  if (known === undefined || running === undefined) return undefined;
  const leftMs = known.ms - running.forMs;
  return {
    usual: span(known.ms),
    samples: known.samples,
    ...(leftMs >= 0 && { doneAt: moment(clock.now() + leftMs) }),
  };
}
