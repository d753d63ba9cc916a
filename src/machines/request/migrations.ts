// From snapshots of earlier request machines to the present one. Pure, and never edited once released.

interface Older {
  readonly value: unknown;
  readonly context: unknown;
  readonly children: Readonly<Record<string, { readonly snapshot: { readonly status: string } }>>;
}

/** `request@2` has one state more, for mode tee. What `request@1` knew is unchanged, but its children are named after their machine. */
const toSecond = <S extends Older>(older: S): S => ({
  ...older,
  children: Object.fromEntries(
    Object.entries(older.children).map(([name, child]) => [name.replace('request@1', 'request@2'), child]),
  ),
});

/** `request@3` has a deadline and a priority that operators move, and holds. Its deadline's timer has a name of its own. */
const toThird = <S extends Older>(older: S): S => {
  const context = older.context as { readonly request: { readonly deadlineAt: number } };
  return {
    ...older,
    context: { ...context, deadlineAt: context.request.deadlineAt, priority: 'normal', heldUntil: null },
    children: Object.fromEntries(
      Object.entries(older.children).map(([name, child]) => [
        name === '0.request@2.open' ? 'deadline' : name.replace('request@2', 'request@3'),
        child,
      ]),
    ),
  };
};

export const requestMigrations = {
  'request@1': { to: 'request@2', snapshot: toSecond },
  'request@2': { to: 'request@3', snapshot: toThird },
} as const;
