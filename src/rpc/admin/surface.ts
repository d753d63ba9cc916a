// All that a listener of operators serves, behind its door: there is no way to a method, the feed or another route that does not go through it.

import { Role } from '../../gen/admin/v1/access_pb.js';
import type { Method } from '../../transport/grpc/call.js';
import type { Exchange } from '../../transport/http/exchange.js';
import { answerJson } from '../../transport/http/exchange.js';
import type { Route } from '../../transport/http/routes.js';
import { type JsonParameters, noSuchMethod } from '../connect/jsonRoute.js';
import { refusalOf } from '../connect/refusalOf.js';
import { shownBy } from '../connect/shownBy.js';
import { type Door, type Needs, pass } from './access/door.js';
import { roleOf } from './access/roles.js';
import type { AdminDependencies } from './dependencies.js';
import { descriptorRoute } from './descriptorSet.js';
import { adminMethods, adminStreams } from './service.js';

/** A route beside the methods. */
export interface OperatorsRoute extends Route {
  readonly needs?: Needs;
}

export interface SurfaceParameters extends Omit<JsonParameters, 'admit'> {
  readonly door: Door;
  readonly more?: readonly OperatorsRoute[] | undefined;
}

export interface Surface {
  readonly methods: readonly Method[];
  readonly routes: readonly Route[];
  readonly otherwise: (exchange: Exchange) => Promise<void>;
}

export function createSurface(dependencies: AdminDependencies, parameters: SurfaceParameters): Surface {
  const { door, more = [], ...parts } = parameters;
  const methods = adminMethods(dependencies).map((each) => ({
    each,
    admit: (shown: Parameters<Door['admit']>[0]) => door.admit(shown, roleOf(each.method)),
  }));
  const descriptors: OperatorsRoute = { ...descriptorRoute(methods.map(({ each }) => each.method)), needs: Role.READ };
  const streams = adminStreams(dependencies, { ...parts, door });

  const behind =
    (needs: Needs, answer: Route['answer']): Route['answer'] =>
    async (exchange, part) => {
      try {
        pass(door, shownBy(exchange), needs);
      } catch (thrown) {
        const { status, body } = refusalOf(thrown, exchange.path ?? '', parts);
        return answerJson(exchange, status, body);
      }
      return answer(exchange, part);
    };

  return {
    methods: [...methods.map(({ each, admit }) => each.asGrpc(admit)), ...streams.methods],
    routes: [
      ...methods.map(({ each, admit }) => each.asJson({ ...parts, admit })),
      ...streams.routes,
      ...[descriptors, ...more].map(({ needs, answer, ...route }) => ({ ...route, answer: behind(needs, answer) })),
    ],
    otherwise: (exchange) => behind(Role.READ, noSuchMethod)(exchange, ''),
  };
}
