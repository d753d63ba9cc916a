// Work.Read: the bytes of one input of a leased job, to the worker that holds the lease, as long as it does.
import { create, toBinary } from '@bufbuild/protobuf';
import { fail } from '../../failures/fail.js';
import { FailureError } from '../../failures/failureError.js';
import { malformed } from '../../failures/malformed.js';
import { ReadRequestSchema, ReadResponseSchema, Work } from '../../gen/work/v1/work_pb.js';
import { openStored } from '../../storedBytes/openStored.js';
import type { CallContext, StreamMethod } from '../../transport/grpc/call.js';
import { parseMessage } from '../../transport/grpc/unary.js';
import type { WorkDependencies } from './dependencies.js';
import { certificateOf } from './fields.js';

/** With its frame it stays below what a reader that does not read may cost. */
const pieceBytes = 47 * 1024;

export const read = ({ roster }: WorkDependencies): StreamMethod => ({
  path: `/${Work.typeName}/${Work.method.read.name}`,
  async *stream(call: CallContext) {
    const { epoch, lease: id, input } = parseMessage(ReadRequestSchema, call.raw);
    const certificate = certificateOf(call);
    const lease = roster.lease(epoch, certificate, id)?.lease;
    if (lease === undefined) throw new FailureError(fail('LEASE_LOST'));
    if (input !== 'program' && input !== 'stdin') throw malformed('input', 'it is neither program nor stdin');
    // Each open one has a file open.
    if (lease.reading.has(input)) throw malformed('input', 'it is being read already');
    lease.reading.add(input);
    try {
      const reader = await openStored(lease.job[input]);
      const bytes = reader.stream({ start: 0, end: Math.max(0, lease.job[input].sizeBytes - 1) });
      try {
        for await (const chunk of bytes) {
          for (let at = 0; at < (chunk as Buffer).byteLength; at += pieceBytes) {
            if (roster.lease(epoch, certificate, id) === undefined) throw new FailureError(fail('LEASE_LOST'));
            const piece = (chunk as Buffer).subarray(at, at + pieceBytes);
            yield toBinary(ReadResponseSchema, create(ReadResponseSchema, { piece }));
          }
        }
      } finally {
        bytes.destroy();
      }
    } finally {
      lease.reading.delete(input);
    }
  },
});
