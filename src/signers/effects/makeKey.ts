// Draws the key of a signer of this process.
import type { SignerId } from '../../ids.js';
import type { KeyVault } from '../keyVault.js';
import { type TaskParameters, taskEffect } from './task.js';

export const makeKeyEffect = (parameters: TaskParameters, vault: KeyVault, born: ReadonlySet<SignerId>) =>
  taskEffect(
    parameters,
    async ({ start: { signerId } }) => {
      // The keeper of the key says the same, and is heard first.
      if (!born.has(signerId)) return { type: 'KEY_LOST' };
      const { address, publicKey } = vault.create(signerId);
      return { type: 'KEY_MADE', address, publicKey: Buffer.from(publicKey).toString('hex') };
    },
    () => ({ type: 'KEY_LOST' }),
  );
