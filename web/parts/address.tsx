/** Of who has asked or owns: its first digits, all of them where one points at it. `to`: what there is of it. */
export const Address = ({ of, to }: { readonly of: string; readonly to?: string }) =>
  to === undefined ? (
    <span class="id short" title={`0x${of}`}>
      0x{of.slice(0, 12)}…
    </span>
  ) : (
    <a class="id short" title={`0x${of}`} href={to}>
      0x{of.slice(0, 12)}…
    </a>
  );
