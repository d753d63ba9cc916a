// What the calls of workers stand on.
import type { Roster } from '../../remoteLanes/roster.js';

export interface WorkDependencies {
  readonly roster: Roster;
}
