// A signing key as operators see it, and which one is meant by some digits of its id.
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { SignerSchema } from '../../gen/admin/v1/signers_pb.js';
import { canSignerRetry, type SignerView } from '../../machines/signer/view.js';
import type { AdminDependencies } from './dependencies.js';
import { named } from './named.js';
import { moment } from './spans.js';

export function signerOf(view: SignerView): MessageInitShape<typeof SignerSchema> {
  const { start, updatedAt, lastFault, faults, seq } = view;
  const registration = 'registration' in view ? view.registration : null;
  return {
    id: start.signerId,
    state: signerPathOf(view),
    address: ('address' in view && view.address) || '',
    created: moment(start.createdAt),
    updated: moment(updatedAt),
    faults,
    seq,
    actions: canSignerRetry(view) ? ['retry-now'] : [],
    ...(start.place.kind === 'chain' && { registry: start.place.registry, chainId: BigInt(start.place.chainId) }),
    ...(registration !== null && {
      registered: moment(registration.registeredAt * 1_000),
      registeredUntil: moment(registration.expiresAt * 1_000),
    }),
    ...(lastFault !== null && { lastFailure: { code: lastFault.cause, sentence: lastFault.detail } }),
  };
}

export const signerPathOf = (view: SignerView): string =>
  'phase' in view ? `${view.state}.${view.phase}` : view.state;

type Shown = NonNullable<AdminDependencies['signers']>;

/** Throws NOT_UNDERSTOOD, SIGNER_UNKNOWN, AMBIGUOUS_ID. */
export async function signerNamed(
  text: string,
  { signers }: Pick<AdminDependencies, 'signers'>,
): Promise<{ readonly view: SignerView; readonly signers: Shown }> {
  const views = signers?.views() ?? [];
  return named(text, {
    whose: "a signing key's id",
    digitsOfId: 32,
    byDigits: async (digits, limit) =>
      views
        .map(({ start }) => start.signerId)
        .filter((id) => (digits.length >= 8 && id.startsWith(digits)) || id.endsWith(digits))
        .slice(0, limit),
    viewOf(signerId) {
      const view = views.find(({ start }) => start.signerId === signerId);
      return view && signers && { view, signers };
    },
    unknown: 'SIGNER_UNKNOWN',
  });
}
