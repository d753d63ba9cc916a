// Holds the key of a signer for as long as it may be needed, and overwrites it then. A signer of an earlier process has none.
import { fromCallback } from 'xstate';
import type { SignerId } from '../../ids.js';
import type { SignerContext, SignerEvent } from '../../machines/signer/rules.js';
import type { KeyVault } from '../keyVault.js';
import type { Quotes } from '../quotes.js';

/** `born`: the signers of this process. */
export const holdKeyEffect = (vault: KeyVault, quotes: Quotes, born: ReadonlySet<SignerId>) =>
  fromCallback<SignerEvent, SignerContext>(({ input, sendBack }) => {
    const { signerId } = input.start;
    // Not within this call: an event of a child that is being started would reach its parent in the middle of a step.
    if (!born.has(signerId)) queueMicrotask(() => sendBack({ type: 'KEY_LOST' }));
    return () => {
      vault.destroy(signerId);
      quotes.forget(signerId);
    };
  });
