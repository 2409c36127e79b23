export interface Entry {
  name: string
  message: string
  /** ISO 8601. */
  at: string
}

/** What the platform hands a program; here only what this one uses. */
export interface Env {
  zimki: {
    classes: {
      Entry: {
        create(properties: Entry): Promise<Entry>
        search(terms: object, options: { orderBy: string; page: number; perPage: number }): Promise<Entry[]>
        count(): Promise<number>
      }
    }
  }
}

/** An entry as it may be stored, or what is wrong with it. */
export function checkEntry(name: unknown, message: unknown): Pick<Entry, 'name' | 'message'> | string {
  if (typeof name !== 'string' || typeof message !== 'string') return 'Write your name and a message.'
  const entry = { name: name.trim(), message: message.trim() }
  if (entry.name === '' || entry.message === '') return 'Write your name and a message.'
  if (entry.name.length > 80 || entry.message.length > 1000)
    return 'A name may have 80 characters, a message 1,000.'
  return entry
}
