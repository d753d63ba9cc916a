// Which program a vk hash means, and to whom. Anyone may register any ELF under the public key of a known program, so until a lane has
// set an ELF up and got that key, the ELF counts for its owner alone, and gets no input of another.
import type { Address, Sha256, VkHash } from '../ids.js';
import type { ProgramRecord } from '../store/buckets.js';
import type { Store, Transaction } from '../store/environment.js';

type Reader = Pick<Store, 'get'> | Pick<Transaction, 'get'>;

/** The one that a lane has confirmed. It is right for every address. */
export function confirmedProgram(reader: Reader, vkHash: VkHash): ProgramRecord | undefined {
  const program = reader.get('programs', vkHash);
  return program?.confirmed ? program : undefined;
}

/** The confirmed one, else what this address has registered itself. */
export const programFor = (reader: Reader, vkHash: VkHash, address: Address): ProgramRecord | undefined =>
  confirmedProgram(reader, vkHash) ?? candidateOf(reader, vkHash, address);

/** A lane got the registered vk from exactly these bytes. Idempotent. Does nothing when the owner has others registered meanwhile. */
export function confirmProgram(tx: Transaction, vkHash: VkHash, owner: Address, sha256: Sha256): void {
  if (confirmedProgram(tx, vkHash) !== undefined) return;
  const candidate = candidateOf(tx, vkHash, owner);
  if (candidate?.sha256 !== sha256) return;
  const displaced = tx.get('programs', vkHash);
  if (displaced !== undefined && displaced.owner !== owner)
    tx.put('programCandidates', [vkHash, displaced.owner], displaced);
  tx.remove('programCandidates', vkHash, owner);
  tx.put('programs', [vkHash], { ...candidate, confirmed: true });
}

/** A lane got another vk from exactly these bytes. Answers what was removed. A confirmed program stays. */
export function removeCandidate(
  tx: Transaction,
  vkHash: VkHash,
  owner: Address,
  sha256: Sha256,
): ProgramRecord | undefined {
  const candidate = candidateOf(tx, vkHash, owner);
  if (candidate?.sha256 !== sha256) return undefined;
  // The network may have the same bytes: whoever needs the program next brings their own.
  if (tx.get('networkPrograms', vkHash)) tx.put('networkPrograms', [vkHash], false);
  if (tx.get('programCandidates', vkHash, owner) === undefined) tx.remove('programs', vkHash);
  else tx.remove('programCandidates', vkHash, owner);
  tx.put('programCounts', [owner], Math.max(0, (tx.get('programCounts', owner) ?? 0) - 1));
  return candidate;
}

/** All that is registered by this hash goes. Answers what that was. `unreference`: of the artifact, by the hash. */
export function unregisterProgram(
  tx: Transaction,
  vkHash: VkHash,
  candidates: Iterable<Address>,
  unreference: (tx: Transaction, program: ProgramRecord) => void,
): ProgramRecord[] {
  const known = tx.get('programs', vkHash);
  const removed = known === undefined ? [] : [known];
  for (const owner of candidates) {
    const candidate = tx.get('programCandidates', vkHash, owner);
    if (candidate === undefined) continue;
    tx.remove('programCandidates', vkHash, owner);
    removed.push(candidate);
  }
  tx.remove('programs', vkHash);
  for (const program of removed) {
    const { owner } = program;
    tx.put('programCounts', [owner], Math.max(0, (tx.get('programCounts', owner) ?? 0) - 1));
    unreference(tx, program);
  }
  return removed;
}

/** Records of releases before candidates lie unconfirmed among the programs. */
function candidateOf(reader: Reader, vkHash: VkHash, owner: Address): ProgramRecord | undefined {
  const own = reader.get('programCandidates', vkHash, owner);
  if (own !== undefined) return own;
  const earlier = reader.get('programs', vkHash);
  return earlier?.owner === owner && !earlier.confirmed ? earlier : undefined;
}
