// What is called here, for tools that read descriptors: a FileDescriptorSet of all that the methods are defined with.
import { create, type DescFile, type DescMethod, toBinary } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { type Route, reads } from '../../transport/http/routes.js';

/** For `grpcurl -protoset`, because there is no reflection: it needs streams in both directions. */
export function descriptorRoute(methods: readonly DescMethod[]): Route {
  const body = descriptorSetOf(methods);
  const headers = { 'content-type': 'application/octet-stream', 'content-length': body.byteLength };
  return {
    methods: reads,
    path: '/admin.binpb',
    answer: (exchange) => exchange.answer({ status: 200, headers, body }),
  };
}

/** Each file once, behind those that it imports. */
function descriptorSetOf(methods: readonly DescMethod[]): Uint8Array {
  const files = new Set<DescFile>();
  const add = (file: DescFile) => {
    if (files.has(file)) return;
    for (const needed of file.dependencies) add(needed);
    files.add(file);
  };
  for (const { parent } of methods) add(parent.file);
  return toBinary(
    FileDescriptorSetSchema,
    create(FileDescriptorSetSchema, { file: [...files].map(({ proto }) => proto) }),
  );
}
