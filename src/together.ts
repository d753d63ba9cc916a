// A look that is the same for all who ask while it is taken.

/** `look`, which is begun anew only when the one before has ended, however often it is called. */
export function together<T>(look: () => Promise<T>): () => Promise<T> {
  let looking: Promise<T> | undefined;
  return () => {
    looking ??= look().finally(() => {
      looking = undefined;
    });
    return looking;
  };
}
