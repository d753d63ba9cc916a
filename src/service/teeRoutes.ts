// What the service shows of its signing keys: to everybody, and on the admin socket.
import type { Clock } from '../clock.js';
import type { OperatorsRoute } from '../rpc/admin/surface.js';
import { metricsRoute } from '../rpc/http/getMetrics.js';
import { signerRoute, signersRoute } from '../rpc/http/getSigners.js';
import { operatorRoutes } from '../rpc/http/operate.js';
import { createByHand } from '../signers/byHand.js';
import { signerMetrics } from '../signers/signerMetrics.js';
import { operatorStatus } from '../signers/signerStatus.js';
import type { Route } from '../transport/http/routes.js';
import type { OpenedTee } from './openTee.js';

/** For everybody. None without mode tee. */
export const teeRoutes = (tee: OpenedTee | undefined): readonly Route[] =>
  tee === undefined
    ? []
    : [signersRoute(tee), signerRoute(tee), metricsRoute({ metrics: () => signerMetrics(tee.signers, tee.registrar) })];

/** For the operator, on a socket that nobody else may open. */
export const teeOperatorRoutes = (
  tee: Pick<OpenedTee, 'signers' | 'registrar'> | undefined,
  clock: Clock,
): readonly OperatorsRoute[] =>
  tee === undefined
    ? []
    : operatorRoutes({
        status: () => operatorStatus(tee.signers, tee.registrar),
        byHand: createByHand({ ...tee, clock }),
      });
