/** By the first digits of its hash, which are as random as the last. */
export const ProgramLink = ({ hash }: { readonly hash: string }) => (
  <a class="id short" href={`/programs/${hash}`} title={`0x${hash}`}>
    0x{hash.slice(0, 12)}…
  </a>
);
