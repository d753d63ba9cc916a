// Who may call. Each mechanism that is configured is demanded: a token, a client certificate, or both. A refusal is an answer of gRPC
// and never one of TLS, which clients take for a broken line and try for two minutes. Artifacts have their own rights, in their URLs.

import { fail } from '../../failures/fail.js';
import { FailureError } from '../../failures/failureError.js';
import type { Peer } from '../../transport/connection.js';
import type { CallContext, UnaryMethod } from '../../transport/grpc/call.js';
import type { Tokens } from './tokens.js';

/** What a call shows of its caller, at whatever protocol. */
export interface Credentials {
  readonly authorization: CallContext['authorization'];
  readonly peer: Pick<Peer, 'certificate'>;
}

/** Throws CERTIFICATE_MISSING, TOKEN_MISSING, TOKEN_UNKNOWN or TOKEN_REPLACED. On the path of every poll: it must stay cheap. */
export type Admit = (credentials: Credentials) => void;

/** `tokens` undefined: none is asked for. */
export function createAdmit({
  tokens,
  needsCertificate,
}: {
  tokens: Pick<Tokens, 'check'> | undefined;
  needsCertificate: boolean;
}): Admit {
  return ({ authorization, peer }) => {
    if (needsCertificate && peer.certificate === undefined) throw new FailureError(fail('CERTIFICATE_MISSING'));
    tokens?.check(authorization);
  };
}

/** The same method for those who are let in: nothing of a request is parsed before. */
export const behind = (admit: Admit, { path, answer }: UnaryMethod): UnaryMethod => ({
  path,
  answer(call) {
    admit(call);
    return answer(call);
  },
});
