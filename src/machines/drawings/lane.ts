import type { Plate } from './plate.js';

export const lanePlate: Plate = {
  places: {
    stopped: [0, 2],
    starting: [1, 2],
    'up.preparing': [2, 1],
    'up.ready': [2, 2],
    'up.busy': [2, 3],
    broken: [3, 2],
    quarantined: [4, 2],
    cooling: [3, 4],
  },
  lines: {
    'starting>up': { from: ['right', 2], to: ['left', 2] },
    'starting>broken': { from: ['top', 1], to: ['top', 3.1], via: 0.3 },
    'up.preparing>starting': { from: ['left', 1], to: ['top', 1.2] },
    'up.preparing>broken': { from: ['right', 1], to: ['top', 2.85] },
    'up.ready>broken': { from: ['right', 2], to: ['left', 2] },
    'up.busy>broken': { from: ['right', 3], to: ['bottom', 2.72] },
    'up.busy>starting': { from: ['left', 3], to: ['bottom', 1.2] },
    'broken>cooling': { from: ['bottom', 3.28], to: ['top', 3.28] },
    'cooling>starting': { from: ['left', 4], to: ['bottom', 1] },
    'quarantined>starting': { from: ['bottom', 4.28], to: ['bottom', 0.75], via: 4.7 },
  },
  anywhere: {
    stopped: 'from any state',
    broken: 'from any state',
    quarantined: 'from any state',
  },
};
