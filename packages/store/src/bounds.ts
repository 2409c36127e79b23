/** What one call may ask for. Each is enforced where data enters; the error names the bound. */
export const BOUNDS = {
  /** Classes of one realm. Cells keep their names and ask for them often. */
  classes: 1_000,
  /** Bytes of JSON of one object. */
  objectBytes: 1024 * 1024,
  /** Top-level properties of one object; each scalar one costs an index entry. */
  properties: 1_000,
  /** Characters of a property name. */
  propertyName: 200,
  /** Operations of one batch. */
  operations: 1_000,
  /** Bytes of JSON of all objects of one batch. */
  batchBytes: 16 * 1024 * 1024,
  /** Terms of one search. */
  terms: 100,
  /** Operands of one `in`. */
  inOperands: 1_000,
  /** Keys of one order. */
  orderKeys: 8,
  /** Default `maxBytes` of a search. */
  searchBytes: 64 * 1024 * 1024,
  /** Entries of one read of the journal, and their bytes together (one entry always comes). */
  journalEntries: 1_000,
  journalBytes: 16 * 1024 * 1024,
} as const
