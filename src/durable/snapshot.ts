// The persisted snapshot of a durable machine.

/** A persisted snapshot as far as every kind shares its shape. */
export interface StoredSnapshot {
  readonly value: unknown;
  readonly context: unknown;
  readonly children: Readonly<Record<string, { readonly snapshot: { readonly status: string } }>>;
}
