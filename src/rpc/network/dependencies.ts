// What the handlers of the front work with.
import type { ArtifactBackend } from '../../artifacts/port.js';
import type { Log } from '../../log.js';
import type { Network } from '../../network/network.js';
import type { SdkDependencies } from '../sdk/dependencies.js';

export interface FrontDependencies extends SdkDependencies {
  readonly network: Network;
  readonly artifacts: Pick<ArtifactBackend, 'open'>;
  readonly log: Log;
}
