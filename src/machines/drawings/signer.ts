import type { Plate } from './plate.js';

export const signerPlate: Plate = {
  places: {
    generating: [0, 1],
    'quoting.running': [1, 1],
    'quoting.waiting': [1, 2],
    'registering.sending': [2, 1],
    'registering.confirming': [2, 2],
    'registering.backingOff': [2, 3],
    active: [3, 1],
    overlapping: [4, 1],
    lapsed: [4, 2],
    retired: [5, 1],
    abandoned: [0, 3],
  },
  lines: {
    'generating>quoting': { from: ['right', 1], to: ['left', 1] },
    'quoting.running>registering': { from: ['right', 1], to: ['left', 1] },
    'registering>quoting': { from: ['left', 1.35], to: ['right', 1.35] },
    'registering>quoting.waiting': { from: ['left', 2], to: ['right', 2] },
    'registering.sending>registering.backingOff': { from: ['left', 1.1], to: ['left', 3], via: 1.635 },
    'registering.backingOff>registering.sending': { from: ['right', 2.9], to: ['right', 1.1], via: 2.365 },
    'registering>registering.backingOff': { from: ['right', 2.55], to: ['right', 3.1], via: 2.52 },
    'registering.confirming>active': { from: ['right', 2], to: ['bottom', 3] },
    'active>registering': { from: ['left', 1], to: ['right', 1] },
    'active>quoting': { from: ['top', 2.9], to: ['top', 1], via: 0.25 },
    'active>lapsed': { from: ['right', 1.15], to: ['left', 2] },
    'active>retired': { from: ['top', 3.1], to: ['top', 5], via: 0.25 },
    'lapsed>retired': { from: ['right', 2], to: ['left', 1.15], via: 4.55 },
  },
  anywhere: {
    retired: 'if it has signed',
    abandoned: 'if it never has signed',
  },
};
