// Signers.List, Signers.Get and Signers.History: the keys that sign TEE proofs, as they stand and how they came there.
import type { MessageInitShape } from '@bufbuild/protobuf';
import type {
  SignersGetRequest,
  SignersGetResponseSchema,
  SignersHistoryRequest,
  SignersHistoryResponseSchema,
  SignersListResponseSchema,
} from '../../gen/admin/v1/signers_pb.js';
import type { AdminDependencies } from './dependencies.js';
import { historyLimit } from './historyLimit.js';
import { signerNamed, signerOf } from './signerOf.js';
import { transitionOf } from './transitionOf.js';

type Reading = Pick<AdminDependencies, 'signers'>;

export const listSigners =
  ({ signers }: Reading) =>
  async (): Promise<MessageInitShape<typeof SignersListResponseSchema>> => {
    const key = signers?.active();
    return {
      rows: (signers?.views() ?? []).map(signerOf),
      activeAddress: key !== undefined && 'address' in key ? key.address : '',
      waitsFor: key !== undefined && 'waiting' in key ? key.waiting : '',
      canRotate: signers?.rotation() !== undefined,
    };
  };

/** Throws NOT_UNDERSTOOD, SIGNER_UNKNOWN, AMBIGUOUS_ID. */
export const getSigner =
  (dependencies: Reading) =>
  async ({ id }: SignersGetRequest): Promise<MessageInitShape<typeof SignersGetResponseSchema>> => ({
    signer: signerOf((await signerNamed(id, dependencies)).view),
  });

/** Throws NOT_UNDERSTOOD, SIGNER_UNKNOWN, AMBIGUOUS_ID. */
export const getSignerHistory =
  (dependencies: Reading) =>
  async (call: SignersHistoryRequest): Promise<MessageInitShape<typeof SignersHistoryResponseSchema>> => {
    const limit = historyLimit(call.limit);
    const { view, signers } = await signerNamed(call.id, dependencies);
    const found = signers.history(view, call.fromSeq, limit);
    return {
      id: view.start.signerId,
      transitions: found.map(({ seq, entry }) => transitionOf(seq, entry)),
      isComplete: found.length < limit || found.at(-1)?.seq === view.seq,
    };
  };
