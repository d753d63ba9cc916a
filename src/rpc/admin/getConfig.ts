// Service.Config: the configuration as it holds.
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { ServiceConfigResponseSchema } from '../../gen/admin/v1/service_pb.js';
import type { AdminDependencies } from './dependencies.js';

export const getConfig =
  ({ options }: Pick<AdminDependencies, 'options'>) =>
  (): MessageInitShape<typeof ServiceConfigResponseSchema> => ({
    options: options.map(({ from = '', ...option }) => ({ ...option, from })),
  });
