/**
 * Where control keeps its state in tests: SQLite, unless a test file says otherwise before it brings in others, which then run on that. `make`
 * gives the URL of a new database.
 */
export const testState: { make: (() => Promise<string>) | null } = { make: null }
