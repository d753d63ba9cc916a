// Signers.Rotate and Signers.RetryNow: what an operator does with the keys that sign TEE proofs.
import { assertSeen } from '../../../failures/assertSeen.js';
import { Signers } from '../../../gen/admin/v1/signers_pb.js';
import { canSignerRetry } from '../../../machines/signer/view.js';
import type { AdminDependencies } from '../dependencies.js';
import { signerNamed, signerOf, signerPathOf } from '../signerOf.js';
import { type ActingDependencies, acting } from './acting.js';
import { nothingToDo } from './onRequest.js';
import { refuseSeq } from './onService.js';

export type OnSignerDependencies = ActingDependencies & Pick<AdminDependencies, 'signers'>;

/** Refused when a successor is on its way already, and where nothing is signed. */
export const rotateSigners = (dependencies: OnSignerDependencies) =>
  acting(Signers.method.rotate, dependencies, {
    name: 'signer.rotate',
    plan(_, expectedSeq) {
      refuseSeq(expectedSeq);
      const { signers } = dependencies;
      if (signers === undefined) throw nothingToDo('rotate', 'a service that signs nothing');
      const apply = signers.rotation();
      if (apply === undefined) throw nothingToDo('rotate', 'on its way: a successor is being made or registered');
      const key = signers.active();
      return {
        target: '',
        effects: [
          'A new signing key is drawn, quoted and registered.',
          'address' in key
            ? `Key ${key.address} signs until that one is registered.`
            : 'Nothing is signed until then, as now.',
        ],
        apply,
      };
    },
    answer() {
      const youngest = dependencies.signers?.views()[0];
      return youngest === undefined ? {} : { signer: signerOf(youngest) };
    },
  });

/** Refused when it does not pause between two tries. */
export const retrySignerNow = (dependencies: OnSignerDependencies) =>
  acting(Signers.method.retryNow, dependencies, {
    name: 'signer.retry-now',
    async plan({ id }, expectedSeq) {
      const { view, signers } = await signerNamed(id, dependencies);
      const { signerId } = view.start;
      assertSeen({ what: 'Signer', id: signerId, seq: view.seq }, expectedSeq);
      if (!canSignerRetry(view)) throw nothingToDo('retry-now', signerPathOf(view));
      const what = view.state === 'quoting' ? 'quoted' : 'registered';
      return {
        target: signerId,
        effects: [`Signing key ${signerId} is tried to be ${what} now, without the rest of its pause.`],
        apply: (act) => signers.act({ id: signerId, event: { type: 'RETRY_DUE' }, expectedSeq, act }),
      };
    },
    answer: async ({ id }) => ({ signer: signerOf((await signerNamed(id, dependencies)).view) }),
  });
