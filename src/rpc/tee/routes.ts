// What a service that signs answers by HTTP to those who ask, beside the routes of all.
import type { Route } from '../../transport/http/routes.js';
import { answerText } from './answerText.js';
import { type SecondFactorDependencies, secondFactorRoutes } from './postExecute.js';
import { type PostRenewProofDependencies, renewProofRoute } from './postRenewProof.js';
import { type PostRequestProofDependencies, requestProofRoute } from './postRequestProof.js';
import { type PostWaitProofDependencies, waitProofRoute } from './postWaitProof.js';

export type ModelRouteDependencies = PostRequestProofDependencies &
  PostWaitProofDependencies &
  PostRenewProofDependencies &
  SecondFactorDependencies & {
    /** Whether SP1's TEE 2FA is served too. */
    readonly hasSecondFactor: boolean;
    /** False where only some addresses may ask: a body names none, and no token stands for one. */
    readonly isOpen: boolean;
  };

const forNobody = (route: Route): Route => ({
  ...route,
  answer: (exchange) =>
    answerText(
      exchange,
      403,
      'Only some addresses may ask here, and this call names none. Ask over SP1’s own wire, or have the operator configure tokens.',
    ),
});

export const modelRoutes = (dependencies: ModelRouteDependencies): readonly Route[] => {
  const model = [requestProofRoute(dependencies), waitProofRoute(dependencies), renewProofRoute(dependencies)];
  return [
    ...(dependencies.isOpen ? model : model.map(forNobody)),
    ...(dependencies.hasSecondFactor ? secondFactorRoutes(dependencies) : []),
  ];
};
