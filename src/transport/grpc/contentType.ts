// What the content type of a request says about gRPC. A type that names gRPC is answered in gRPC's own form, even where it is not served:
// a gRPC client understands nothing else.

/** `text`: gRPC-Web in base64. Undefined: this is no gRPC at all. */
export type GrpcForm = 'grpc' | 'web' | 'text';

/** What nearly every call has. It is asked for twice a call, and taking a type apart costs as much as a poll's answer. */
const usual = 'application/grpc';

export function grpcFormOf(contentType: string | undefined): GrpcForm | undefined {
  if (contentType === usual) return 'grpc';
  const type = mediaTypeOf(contentType);
  if (!type.startsWith('application/grpc')) return undefined;
  if (type.startsWith('application/grpc-web-text')) return 'text';
  return type.startsWith('application/grpc-web') ? 'web' : 'grpc';
}

/** Messages that are read here: protobuf, by gRPC itself. */
export const isServed = (contentType: string | undefined): boolean =>
  contentType === usual || /^application\/grpc(\+proto)?$/.test(mediaTypeOf(contentType));

const mediaTypeOf = (contentType = ''): string => (contentType.split(';')[0] ?? '').trim().toLowerCase();
