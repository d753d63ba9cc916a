// Which role a method takes, as its definition in proto/admin/v1 says it.
import { type DescMethod, getOption } from '@bufbuild/protobuf';
import { Role, role } from '../../../gen/admin/v1/access_pb.js';

/** One that says nothing is for owners alone. */
export const roleOf = (method: DescMethod): Role => getOption(method, role) || Role.OWN;

/** Each may what those before it may. */
export const may = (has: Role, needed: Role): boolean => has >= needed && has !== Role.UNSPECIFIED;

export const roleNames = { read: Role.READ, operate: Role.OPERATE, own: Role.OWN } as const;

export const nameOf = (of: Role): keyof typeof roleNames =>
  of === Role.READ ? 'read' : of === Role.OPERATE ? 'operate' : 'own';
