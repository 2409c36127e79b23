interface Page<T> {
  items: T[]
  next: string | null
}

/** The largest page that the API gives. */
const PAGE = 1000

/** Every item of a paged list. */
export async function allPages<T>(
  fetchPage: (query: { limit: number; after?: string }) => Promise<Page<T>>,
): Promise<T[]> {
  const items: T[] = []
  let after: string | undefined
  do {
    const page = await fetchPage(after === undefined ? { limit: PAGE } : { limit: PAGE, after })
    items.push(...page.items)
    after = page.next ?? undefined
  } while (after !== undefined)
  return items
}
