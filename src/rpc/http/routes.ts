// What the service serves by HTTP: artifacts, requests, health. The same over HTTP/1.1 and HTTP/2.
import { answerJson, type Exchange } from '../../transport/http/exchange.js';
import type { Route } from '../../transport/http/routes.js';
import { type HealthRouteDependencies, healthRoute } from './getHealth.js';
import { type GetProofDependencies, proofRoute } from './getProof.js';
import { type RequestRouteDependencies, requestRoute } from './getRequest.js';
import { type PutArtifactDependencies, uploadRoute } from './putArtifact.js';

export type ServiceRouteDependencies = PutArtifactDependencies &
  RequestRouteDependencies &
  GetProofDependencies &
  HealthRouteDependencies;

export const serviceRoutes = (dependencies: ServiceRouteDependencies): readonly Route[] => [
  healthRoute(dependencies),
  requestRoute(dependencies),
  uploadRoute(dependencies),
  proofRoute(dependencies),
];

/** The answer for every other path. */
export const nothingHere = (exchange: Exchange): Promise<void> => {
  const error = {
    code: 'NOT_FOUND',
    message: 'Nothing is served here. See /health; everything else goes by gRPC on this port.',
  };
  return answerJson(exchange, 404, { error });
};
