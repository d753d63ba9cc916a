// Gives a request up: its work stops, and there will be no proof.
import { create, toBinary } from '@bufbuild/protobuf';
import { CancelRequestRequestBodySchema, MessageFormat, ProverNetwork } from '../gen/network/network_pb.js';
import { bytesOf, type RequestId } from '../ids.js';
import type { CallParameters, Context } from './context.js';
import { freshNonce } from './nonce.js';

/**
 * Resolves once the end is durable, also when the request was cancelled before. REFUSED when it has ended otherwise
 * (FAILED_PRECONDITION), belongs to another key (PERMISSION_DENIED) or is not known (NOT_FOUND); else as every call.
 * @internal
 */
export async function cancelRequest(
  context: Context,
  requestId: RequestId,
  options: CallParameters = {},
): Promise<void> {
  await context.attempt('CancelRequest', options, async (call) => {
    const body = create(CancelRequestRequestBodySchema, {
      nonce: await freshNonce(context, call),
      requestId: bytesOf(requestId),
    });
    const signature = context.signerFor('CancelRequest').sign(toBinary(CancelRequestRequestBodySchema, body));
    await call(ProverNetwork.method.cancelRequest, { format: MessageFormat.BINARY, signature, body });
  });
}
