// Takes in a program or an input from a URL that the network shows: bounded and checked like an upload.
import type { Catalog } from '../artifacts/catalog.js';
import type { ArtifactBackend } from '../artifacts/port.js';
import type { Clock } from '../clock.js';
import { type Address, type ArtifactId, newArtifactId } from '../ids.js';
import type { Random } from '../random.js';
import { httpsUrlOf, openUrl } from './openUrl.js';
import { triedAgain } from './triedAgain.js';

export interface FetchParameters {
  readonly catalog: Pick<Catalog, 'upload'>;
  readonly artifacts: Pick<ArtifactBackend, 'receive' | 'measure'>;
  readonly clock: Clock;
  readonly random: Random;
  /** Hosts that a stranger's URL may name. */
  readonly hosts: readonly string[];
  /** Largest of a kind, in decompressed bytes. */
  readonly limitBytes: Readonly<Record<'program' | 'stdin', number>>;
}

export interface FetchedArtifact {
  readonly id: ArtifactId;
  readonly sizeBytes: number;
}

/** Answers what it is here. Rejects with a UrlError, and as `Catalog.upload` does. */
export async function fetchArtifact(
  parameters: FetchParameters,
  { url, kind, owner }: { readonly url: string; readonly kind: 'program' | 'stdin'; readonly owner: Address },
  signal: AbortSignal,
): Promise<FetchedArtifact> {
  const { catalog, artifacts, clock, random, hosts, limitBytes } = parameters;
  const id = newArtifactId(clock.now(), random);
  const claims = { id, kind, private: kind === 'stdin', owner, expiresAt: clock.now() };
  return triedAgain({ clock, signal }, async () => {
    const { body, sizeBytes: announcedBytes } = await openUrl(httpsUrlOf(url, hosts), { hosts, signal });
    const limits = { limitBytes: limitBytes[kind], announcedBytes };
    const { sizeBytes: storedBytes } = await catalog.upload(claims, {
      receive: (nameFile) => artifacts.receive(id, claims, body, limits, signal, nameFile),
      measure: () => artifacts.measure(id, claims, body, limits, signal),
      announcedBytes,
    });
    return { id, sizeBytes: storedBytes };
  });
}
