/** A small part of IAM: which actions a key may call. What is denied is denied; of the rest, what is allowed. */
export interface Policy {
  /** `ec2:Describe*`; all when left out. */
  allow?: string[]
  deny?: string[]
}

export function allows({ allow = ['*'], deny = [] }: Policy, action: string): boolean {
  return matches(allow, action) && !matches(deny, action)
}

function matches(patterns: string[], action: string): boolean {
  return patterns.some((pattern) => {
    const source = pattern
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')
    return new RegExp(`^${source}$`, 'i').test(action)
  })
}
