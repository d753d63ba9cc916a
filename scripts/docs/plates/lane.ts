import type { Plate } from './plate.js';

export const lanePlate: Plate = {
  places: {
    stopped: [0, 1],
    starting: [1, 1],
    'up.ready': [2, 1],
    'up.busy': [2, 2],
    broken: [3, 1],
    quarantined: [4, 1],
    cooling: [3, 3],
  },
  lines: {
    'starting>up': { from: ['right', 1], to: ['left', 1] },
    'starting>broken': { from: ['top', 1], to: ['top', 2.9], via: 0.3 },
    'up.ready>broken': { from: ['right', 1], to: ['left', 1] },
    'up.busy>broken': { from: ['right', 2], to: ['bottom', 2.72] },
    'up.busy>starting': { from: ['left', 2], to: ['bottom', 1.2] },
    'broken>cooling': { from: ['bottom', 3.28], to: ['top', 3.28] },
    'cooling>starting': { from: ['left', 3], to: ['bottom', 1] },
    'quarantined>starting': { from: ['bottom', 4.28], to: ['bottom', 0.75], via: 3.7 },
  },
  anywhere: {
    stopped: 'from any state',
    broken: 'from any state',
    quarantined: 'from any state',
  },
};
