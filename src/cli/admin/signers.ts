// `sealed-prover admin signers` and `admin signer ID`: the keys that sign TEE proofs, and what may be done about them.
import { toJson as messageJson } from '@bufbuild/protobuf';
import { TransitionSchema } from '../../gen/admin/v1/shared_pb.js';
import { type Signer, SignerSchema, Signers } from '../../gen/admin/v1/signers_pb.js';
import type { Cli } from '../cli.js';
import { runRegistration, runTeeRotate } from '../teeOperator.js';
import { runActs } from './act.js';
import { assertReason, type MaybeActOptions, type ShownOptions, type SignersStep } from './actOptions.js';
import { callAdmin } from './callAdmin.js';
import type { AdminOptions } from './connection.js';
import { historyTable, tryColumn } from './history.js';
import { momentsOf } from './moment.js';
import { show } from './show.js';
import { cut, fieldLines, table, wrapped } from './table.js';
import { ago, idsOf, within } from './words.js';

export const runSigners = (cli: Cli, step: SignersStep | undefined, options: MaybeActOptions): Promise<number> => {
  if (step === undefined) return showSigners(cli, options);
  if (step === 'registration') return runRegistration(cli, options);
  assertReason(options);
  return runTeeRotate(cli, options);
};

export const runSigner = (
  cli: Cli,
  id: string,
  step: 'retry-now' | undefined,
  options: ShownOptions,
): Promise<number> => {
  if (step === undefined) return showSigner(cli, id, options);
  assertReason(options);
  return runActs(cli, options, Signers.method.retryNow, [{ id }], { isAsked: false });
};

const showSigners = (cli: Cli, options: MaybeActOptions): Promise<number> =>
  show(cli, options, async (to) => {
    const { rows, waitsFor } = await callAdmin(Signers.method.list, {}, to);
    return {
      lines: [
        ...(rows.length === 0 ? ['Nothing is signed here.'] : tableOf(rows, cli, options)),
        ...rows.flatMap(({ id, lastFailure }) =>
          lastFailure === undefined ? [] : wrapped(lastFailure.sentence, `${idsOf(options)(id)} ${lastFailure.code}: `),
        ),
        ...(waitsFor === '' ? [] : wrapped(waitsFor, 'no key signs: ')),
      ],
      objects: rows.map((row) => messageJson(SignerSchema, row) as object),
      headingAt: rows.length === 0 ? undefined : 0,
    };
  });

const tableOf = (rows: readonly Signer[], { clock }: Cli, options: AdminOptions): string[] =>
  table(
    ['SIGNER', 'STATE', 'FOR', 'ADDRESS', 'FAULTS', 'REGISTERED UNTIL'],
    rows.map((row) => [
      idsOf(options)(row.id),
      row.state,
      ago(row.updated, clock),
      row.address === '' ? '–' : `0x${row.address}`,
      String(row.faults),
      momentsOf(options)(row.registeredUntil),
    ]),
    { isWhole: options.fullIds },
  );

const showSigner = (cli: Cli, id: string, options: ShownOptions): Promise<number> =>
  show(cli, options, async (to) => {
    if (options.history) {
      const found = await callAdmin(Signers.method.history, { id }, to);
      return {
        lines: [cut(found.id), ...historyTable(found.transitions, found.isComplete, tryColumn, options)],
        objects: found.transitions.map((each) => messageJson(TransitionSchema, each) as object),
        headingAt: 1,
      };
    }
    const { signer } = await callAdmin(Signers.method.get, { id }, to);
    if (signer === undefined) throw new Error('an answer without a signer');
    return { lines: linesOf(signer, cli, options), objects: [messageJson(SignerSchema, signer) as object] };
  });

function linesOf(signer: Signer, { clock }: Cli, options: AdminOptions): string[] {
  const moment = momentsOf(options);
  const { state, address, lastFailure, registered, registeredUntil, faults, created, updated, actions, seq } = signer;
  const { registry, chainId } = signer;
  return fieldLines([
    ['Signer', signer.id],
    ['State', `${state}, for ${ago(updated, clock)}`],
    ['Address', address === '' ? undefined : `0x${address}`],
    ['Made', created && moment(created)],
    ['Registry', registry === '' ? undefined : `0x${registry} of chain ${chainId}`],
    ['Registered', registered && moment(registered)],
    ['Until', registeredUntil && `${moment(registeredUntil)}, ${within(registeredUntil, clock)}`],
    ['Failure', lastFailure && `${lastFailure.code}: ${lastFailure.sentence}`],
    ['Faults', faults === 0 ? undefined : String(faults)],
    ['May be done', actions.join(', ') || undefined],
    ['Transitions', String(seq + 1)],
  ]);
}
