// What a check of a data folder finds.

/** Something that must not be. Ids, names and numbers only. */
export interface Inconsistency {
  readonly code:
    | 'SNAPSHOT_UNREADABLE'
    | 'JOURNAL_BROKEN'
    | 'INDEX_WRONG'
    | 'FILE_MISSING'
    | 'FILE_WRONG'
    | 'REFERENCE_WRONG'
    | 'NONCE_WRONG';
  /** Of a request, delivery, signer, artifact or program. */
  readonly id: string;
  readonly sentence: string;
}
