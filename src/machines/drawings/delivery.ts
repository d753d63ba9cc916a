import type { Plate } from './plate.js';

export const deliveryPlate: Plate = {
  places: {
    assigning: [0, 1],
    working: [1, 1],
    pending: [2, 1],
    submitting: [3, 1],
    delivered: [4, 1],
    foreign: [0, 2],
    withheld: [1, 2],
    backingOff: [2, 2],
    confirming: [3, 2],
    refused: [4, 2],
    superseded: [0.5, 3],
    released: [1.5, 3],
    expired: [2.5, 3],
  },
  lines: {
    'submitting>refused': { from: ['right', 1.15], to: ['left', 1.88] },
    'confirming>refused': { from: ['right', 2.1], to: ['left', 2.1] },
  },
  anywhere: {
    delivered: 'also when the network has it',
    foreign: 'also when it is taken away',
    withheld: 'also from pending',
    refused: 'also by an operator',
    superseded: 'from any open state',
    released: 'from any open state',
    expired: 'from any open state',
  },
};
