// The calls of workers, all of them. They stand on a listener of their own, by mutual TLS.
import { Work } from '../../gen/work/v1/work_pb.js';
import type { Method } from '../../transport/grpc/call.js';
import { unary } from '../../transport/grpc/unary.js';
import { complete } from './complete.js';
import type { WorkDependencies } from './dependencies.js';
import { fail } from './fail.js';
import { heartbeat } from './heartbeat.js';
import { lease } from './lease.js';
import { leave } from './leave.js';
import { read } from './read.js';
import { register } from './register.js';
import { write } from './write.js';

export const workMethods = (dependencies: WorkDependencies): readonly Method[] => [
  unary(Work.method.register, register(dependencies)),
  unary(Work.method.heartbeat, heartbeat(dependencies)),
  unary(Work.method.lease, lease(dependencies)),
  read(dependencies),
  unary(Work.method.write, write(dependencies)),
  unary(Work.method.complete, complete(dependencies)),
  unary(Work.method.fail, fail(dependencies)),
  unary(Work.method.leave, leave(dependencies)),
];
