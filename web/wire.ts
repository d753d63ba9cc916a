// The service as the page knows it: one more client of its JSON API. Types only come from the wire's definition, nothing of its code.

import type { ArtifactsListResponse, ArtifactsUsageResponse } from '../src/gen/admin/v1/artifacts_pb.js';
import type { DeliveriesCountsResponse, DeliveriesListResponse } from '../src/gen/admin/v1/deliveries_pb.js';
import type { Lane, LanesListResponse } from '../src/gen/admin/v1/lanes_pb.js';
import type { ProgramsGetResponse, ProgramsListResponse } from '../src/gen/admin/v1/programs_pb.js';
import type { QueueGetResponse } from '../src/gen/admin/v1/queue_pb.js';
import type {
  DeliveryEvent,
  LaneEvent,
  ProgressEvent,
  RequestEvent,
  RequestsGetResponse,
  RequestsHistoryResponse,
  RequestsListResponse,
  Reset,
  ServiceEvent,
  SignerEvent,
} from '../src/gen/admin/v1/requests_pb.js';
import type {
  ServiceAuditListResponse,
  ServiceConfigResponse,
  ServiceFailuresResponse,
  ServiceSeriesResponse,
  ServiceStatusResponse,
} from '../src/gen/admin/v1/service_pb.js';
import type { Audit, Changed } from '../src/gen/admin/v1/shared_pb.js';
import type { SignersListResponse } from '../src/gen/admin/v1/signers_pb.js';
import { credentials } from './token.js';

/** A message as protobuf JSON with every field in it: 64-bit numbers, times (RFC 3339) and lengths of time (`1.5s`) are text. */
export type Json<T> = T extends bigint
  ? string
  : T extends { $typeName: 'google.protobuf.Timestamp' | 'google.protobuf.Duration' }
    ? string
    : T extends readonly (infer U)[]
      ? Json<U>[]
      : T extends object
        ? { [K in keyof T as K extends '$typeName' | '$unknown' ? never : K]: Json<T[K]> }
        : T;

export type Status = Json<ServiceStatusResponse>;
export type FailureGroup = Json<ServiceFailuresResponse>['groups'][number];
export type ConfigOption = Json<ServiceConfigResponse>['options'][number];
export type DeliveryJson = Json<DeliveriesListResponse>['rows'][number];
export type SignersJson = Json<SignersListResponse>;
export type SignerJson = SignersJson['rows'][number];
export type Series = Json<ServiceSeriesResponse>;
export type LaneJson = Json<Lane>;
export type ProgramJson = Json<ProgramsListResponse>['rows'][number];
export type RequestJson = NonNullable<Json<RequestsGetResponse>['request']>;
export type Row = Json<RequestsListResponse>['rows'][number];
export type Entry = Json<RequestsHistoryResponse>['entries'][number];

/** What happens: one of the optional parts is there. */
export interface FeedEvent {
  readonly feed: string;
  readonly at?: string;
  readonly request?: Json<RequestEvent>;
  readonly lane?: Json<LaneEvent>;
  readonly delivery?: Json<DeliveryEvent>;
  readonly signer?: Json<SignerEvent>;
  readonly service?: Json<ServiceEvent>;
  readonly audit?: Json<Audit>;
  readonly progress?: Json<ProgressEvent>;
  readonly reset?: Json<Reset>;
  readonly beat?: object;
}

export type RequestAct = 'Cancel' | 'RetryNow' | 'Retry' | 'GiveUp' | 'Release' | 'MoveDeadline' | 'SetPriority';
export type LaneAct = 'Drain' | 'Resume' | 'Restart' | 'Stop' | 'Start' | 'SetUp' | 'Forget';
type LineAct = 'PauseIntake' | 'ResumeIntake' | 'PauseDispatch' | 'ResumeDispatch';
export type DeliveryAct = 'TryNow' | 'GiveUp';
/** Each answers what it has done, or would do. */
export type ActMethod =
  | 'Service/Drain'
  | `Deliveries/${DeliveryAct}`
  | 'Signers/Rotate'
  | 'Signers/RetryNow'
  | `Requests/${RequestAct | 'ApplyToMany'}`
  | `Lanes/${LaneAct}`
  | `Queue/${LineAct}`;

interface Answers extends Record<ActMethod, { readonly changed?: Json<Changed>; readonly fitting?: number }> {
  'Service/Status': Status;
  'Requests/List': Json<RequestsListResponse>;
  'Requests/Get': Json<RequestsGetResponse>;
  'Requests/History': Json<RequestsHistoryResponse>;
  'Lanes/List': Json<LanesListResponse>;
  'Queue/Get': Json<QueueGetResponse>;
  'Service/AuditList': Json<ServiceAuditListResponse>;
  'Service/Failures': Json<ServiceFailuresResponse>;
  'Service/Series': Series;
  'Service/Config': Json<ServiceConfigResponse>;
  'Programs/List': Json<ProgramsListResponse>;
  'Programs/Get': Json<ProgramsGetResponse>;
  'Artifacts/Usage': Json<ArtifactsUsageResponse>;
  'Artifacts/List': Json<ArtifactsListResponse>;
  'Deliveries/List': Json<DeliveriesListResponse>;
  'Deliveries/Counts': Json<DeliveriesCountsResponse>;
  'Signers/List': SignersJson;
}

/** The service has refused, or was not reached (code `UNREACHABLE`). */
export class CallError extends Error {
  override readonly name = 'CallError';
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** Throws CallError. */
export async function call<M extends keyof Answers>(
  method: M,
  request: object = {},
  signal?: AbortSignal,
): Promise<Answers[M]> {
  const response = await fetch(`/sealed.admin.v1.${method}`, {
    method: 'POST',
    headers: { ...credentials(), 'content-type': 'application/json' },
    body: JSON.stringify(request),
    credentials: 'omit',
    cache: 'no-store',
    ...(signal && { signal }),
  }).catch(() => {
    throw unreached();
  });
  if (!response.ok) throw await refusalIn(response);
  return (await response.json().catch(() => {
    throw unreached();
  })) as Answers[M];
}

export const unreached = () =>
  new CallError('UNREACHABLE', 'The service does not answer. It may be starting again; this page goes on trying.');

export async function refusalIn(response: Response): Promise<CallError> {
  const said = (await response.json().catch(() => ({}))) as {
    code?: string;
    message?: string;
    details?: { debug?: { code?: string } }[];
  };
  const code = said.details?.[0]?.debug?.code ?? said.code ?? `HTTP ${response.status}`;
  return new CallError(code.toUpperCase(), said.message ?? `The service answers with HTTP ${response.status}.`);
}
