// The methods of operators, all of them. They stand on a listener of their own.

import { Artifacts } from '../../gen/admin/v1/artifacts_pb.js';
import { Deliveries } from '../../gen/admin/v1/deliveries_pb.js';
import { Lanes } from '../../gen/admin/v1/lanes_pb.js';
import { Machines } from '../../gen/admin/v1/machines_pb.js';
import { Programs } from '../../gen/admin/v1/programs_pb.js';
import { Queue } from '../../gen/admin/v1/queue_pb.js';
import { Requests } from '../../gen/admin/v1/requests_pb.js';
import { Service } from '../../gen/admin/v1/service_pb.js';
import { Signers } from '../../gen/admin/v1/signers_pb.js';
import { Upkeep } from '../../gen/admin/v1/upkeep_pb.js';
import type { StreamMethod } from '../../transport/grpc/call.js';
import { serverStream } from '../../transport/grpc/serverStream.js';
import type { Route } from '../../transport/http/routes.js';
import { type Spoken, spoken } from '../connect/spoken.js';
import type { Door } from './access/door.js';
import { roleOf } from './access/roles.js';
import { applyToMany } from './acts/applyToMany.js';
import { cancelRequest } from './acts/cancelRequest.js';
import { collectArtifacts } from './acts/collectArtifacts.js';
import { drainLane, resumeLane } from './acts/drainLane.js';
import { drainService } from './acts/drainService.js';
import { giveUpDelivery, tryDeliveryNow } from './acts/onDelivery.js';
import { retrySignerNow, rotateSigners } from './acts/onSigner.js';
import { pauseDispatch, pauseIntake } from './acts/pause.js';
import { moveDeadline, setPriority } from './acts/rankRequest.js';
import { releaseRequest } from './acts/releaseRequest.js';
import { removeProgram } from './acts/removeProgram.js';
import { resumeDispatch, resumeIntake } from './acts/resume.js';
import { giveUp, retryHeld } from './acts/retryHeld.js';
import { retryNow } from './acts/retryNow.js';
import { forgetOnLane, setUpOnLane } from './acts/setUpOnLane.js';
import { restartLane, startLane, stopLane } from './acts/stopLane.js';
import { countRequests } from './countRequests.js';
import type { AdminDependencies } from './dependencies.js';
import { describeMachine } from './describeMachine.js';
import { getConfig } from './getConfig.js';
import { countDeliveries, getDelivery, getDeliveryHistory } from './getDelivery.js';
import { getHistory } from './getHistory.js';
import { getLane } from './getLane.js';
import { getProgram } from './getProgram.js';
import { getQueue } from './getQueue.js';
import { getRequest } from './getRequest.js';
import { getSeries } from './getSeries.js';
import { getStatus } from './getStatus.js';
import { getUsage } from './getUsage.js';
import { listArtifacts } from './listArtifacts.js';
import { listAudit } from './listAudit.js';
import { listDeliveries } from './listDeliveries.js';
import { listFailures } from './listFailures.js';
import { listLanes } from './listLanes.js';
import { listPrograms } from './listPrograms.js';
import { listRequests } from './listRequests.js';
import { getSigner, getSignerHistory, listSigners } from './listSigners.js';
import { checkService } from './upkeep/checkService.js';
import { makeBackup } from './upkeep/makeBackup.js';
import { setLogLevel } from './upkeep/setLogLevel.js';
import { verifyArtifacts } from './upkeep/verifyArtifacts.js';
import { createBatches } from './watch/batches.js';
import { createEvents } from './watch/events.js';
import { type FeedRouteParameters, feedRoute } from './watch/feedRoute.js';
import { follow } from './watch/follow.js';
import { createTicks } from './watch/ticks.js';
import { watchingOf } from './watch/watching.js';

export const adminMethods = (dependencies: AdminDependencies): readonly Spoken[] => [
  spoken(Requests.method.list, listRequests(dependencies)),
  spoken(Requests.method.get, getRequest(dependencies)),
  spoken(Requests.method.history, getHistory(dependencies)),
  spoken(Requests.method.counts, countRequests(dependencies)),
  spoken(Requests.method.cancel, cancelRequest(dependencies)),
  spoken(Requests.method.retryNow, retryNow(dependencies)),
  spoken(Requests.method.retry, retryHeld(dependencies)),
  spoken(Requests.method.giveUp, giveUp(dependencies)),
  spoken(Requests.method.release, releaseRequest(dependencies)),
  spoken(Requests.method.applyToMany, applyToMany(dependencies)),
  spoken(Requests.method.moveDeadline, moveDeadline(dependencies)),
  spoken(Requests.method.setPriority, setPriority(dependencies)),
  spoken(Lanes.method.list, listLanes(dependencies)),
  spoken(Lanes.method.get, getLane(dependencies)),
  spoken(Machines.method.describe, describeMachine(dependencies)),
  spoken(Queue.method.get, getQueue(dependencies)),
  spoken(Lanes.method.drain, drainLane(dependencies)),
  spoken(Lanes.method.resume, resumeLane(dependencies)),
  spoken(Lanes.method.restart, restartLane(dependencies)),
  spoken(Lanes.method.stop, stopLane(dependencies)),
  spoken(Lanes.method.start, startLane(dependencies)),
  spoken(Lanes.method.setUp, setUpOnLane(dependencies)),
  spoken(Lanes.method.forget, forgetOnLane(dependencies)),
  spoken(Queue.method.pauseIntake, pauseIntake(dependencies)),
  spoken(Queue.method.resumeIntake, resumeIntake(dependencies)),
  spoken(Queue.method.pauseDispatch, pauseDispatch(dependencies)),
  spoken(Queue.method.resumeDispatch, resumeDispatch(dependencies)),
  spoken(Programs.method.list, listPrograms(dependencies)),
  spoken(Programs.method.get, getProgram(dependencies)),
  spoken(Programs.method.remove, removeProgram(dependencies)),
  spoken(Artifacts.method.usage, getUsage(dependencies)),
  spoken(Artifacts.method.list, listArtifacts(dependencies)),
  spoken(Artifacts.method.collect, collectArtifacts(dependencies)),
  spoken(Artifacts.method.verify, verifyArtifacts(dependencies)),
  spoken(Deliveries.method.list, listDeliveries(dependencies)),
  spoken(Deliveries.method.get, getDelivery(dependencies)),
  spoken(Deliveries.method.history, getDeliveryHistory(dependencies)),
  spoken(Deliveries.method.counts, countDeliveries(dependencies)),
  spoken(Deliveries.method.tryNow, tryDeliveryNow(dependencies)),
  spoken(Deliveries.method.giveUp, giveUpDelivery(dependencies)),
  spoken(Signers.method.list, listSigners(dependencies)),
  spoken(Signers.method.get, getSigner(dependencies)),
  spoken(Signers.method.history, getSignerHistory(dependencies)),
  spoken(Signers.method.rotate, rotateSigners(dependencies)),
  spoken(Signers.method.retryNow, retrySignerNow(dependencies)),
  spoken(Service.method.status, getStatus(dependencies)),
  spoken(Service.method.series, getSeries(dependencies)),
  spoken(Service.method.failures, listFailures(dependencies)),
  spoken(Service.method.config, getConfig(dependencies)),
  spoken(Service.method.drain, drainService(dependencies)),
  spoken(Upkeep.method.backup, makeBackup(dependencies)),
  spoken(Upkeep.method.check, checkService(dependencies)),
  spoken(Upkeep.method.setLogLevel, setLogLevel(dependencies)),
  spoken(Service.method.auditList, listAudit(dependencies)),
];

/** The feed, as a stream of gRPC and as server-sent events. */
export function adminStreams(
  dependencies: AdminDependencies,
  parameters: Omit<FeedRouteParameters, 'watch'> & { readonly door: Pick<Door, 'follow'> },
): { readonly methods: readonly StreamMethod[]; readonly routes: readonly Route[] } {
  const { feed, watchers } = dependencies;
  const batches = createBatches({ feed, events: createEvents(dependencies) });
  const parts = { ...dependencies, batches, ticks: createTicks(dependencies.clock) };
  const { door, ...routeParts } = parameters;
  const needed = roleOf(Requests.method.watch);
  const watch: FeedRouteParameters['watch'] = (requestOf, shown, left) =>
    door.follow(shown, needed, left, (allowed) => {
      const watching = watchingOf(requestOf(), feed.newest);
      return watchers.admit(allowed, (signal) => follow(parts, watching, signal));
    });
  return {
    methods: [serverStream(Requests.method.watch, (request, call) => eachOf(watch(() => request, call, call.signal)))],
    routes: [feedRoute({ ...routeParts, watch })],
  };
}

async function* eachOf<T>(many: AsyncIterable<readonly T[]>): AsyncGenerator<T> {
  for await (const some of many) yield* some;
}
