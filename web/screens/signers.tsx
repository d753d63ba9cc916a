// The keys that sign TEE proofs: which one signs, until when it may, who follows, and what a registration waits for.
import { actsOnSigner, actsOnSigners } from '../acts.js';
import { useLook } from '../look.js';
import { now } from '../now.js';
import { Acts } from '../parts/acts.js';
import { Problem } from '../parts/problem.js';
import { State } from '../parts/state.js';
import { Table } from '../parts/table.js';
import { call, type SignerJson } from '../wire.js';
import { ago, clockTime, shortId, within } from '../words.js';

const columns = ['key', 'address', 'state', 'since', 'registered at', 'registered', 'ends', 'last fault', ''];

export function Signers() {
  const { found, problem } = useLook((signal) => call('Signers/List', {}, signal)).value;
  return (
    <>
      <h1>
        Signing keys <span class="dim">of TEE proofs</span>
      </h1>
      <Problem problem={problem} />
      {found && <Acts acts={actsOnSigners(found)} />}
      {found?.waitsFor && (
        <p class="problem">
          <b>No key signs</b> {found.waitsFor}
        </p>
      )}
      {found?.rows.length === 0 && (
        <p class="empty">Nothing is signed here. Only a service with --tee has signing keys.</p>
      )}
      {found !== undefined && found.rows.length > 0 && (
        <div class="card">
          <Table label="Signing keys" columns={columns}>
            {found.rows.map((signer) => (
              <Line key={signer.id} signer={signer} signs={signer.address === found.activeAddress} />
            ))}
          </Table>
        </div>
      )}
    </>
  );
}

function Line({ signer, signs }: { readonly signer: SignerJson; readonly signs: boolean }) {
  const { id, address, state, updated, registry, chainId, registered, registeredUntil, faults, lastFailure } = signer;
  return (
    <tr>
      <td class="id short" title={id}>
        {shortId(id)}
      </td>
      <td class="id short" title={`0x${address}`}>
        {address === '' ? '–' : `0x${address.slice(0, 8)}…`}
      </td>
      <td>
        <State path={state} note={signs && address !== '' ? ', signs' : ''} />
      </td>
      <td class="short">{ago(updated, now.value)}</td>
      <td class="id short" title={registry === '' ? '' : `0x${registry}`}>
        {registry === '' ? 'no chain' : `0x${registry.slice(0, 8)}… of chain ${chainId}`}
      </td>
      <td class="short">{clockTime(registered)}</td>
      <td class="short" title={clockTime(registeredUntil)}>
        {registeredUntil === undefined ? '–' : endIn(registeredUntil)}
      </td>
      <td class="cause">
        {lastFailure ? (
          <>
            <b>{lastFailure.code}</b> {lastFailure.sentence}
            {faults > 1 && <b>, {faults} times</b>}
          </>
        ) : (
          '–'
        )}
      </td>
      <td>
        <Acts acts={actsOnSigner(signer)} />
      </td>
    </tr>
  );
}

function endIn(at: string): string {
  return Date.parse(at) > now.value ? within(at, now.value) : 'over';
}
