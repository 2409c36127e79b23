import { Ec2Error } from './ec2-error.ts'

/** A request's parameters with their dots resolved: `Filter.1.Value.2=x` becomes `{ Filter: [{ Value: [..., 'x'] }] }`. */
export type QueryTree = string | QueryTree[] | { [name: string]: QueryTree }

interface Branch {
  text?: string
  under: Map<string, Branch>
}

const MOST_PARAMETERS = 20_000
const DEEPEST = 12

/** Builds the tree; numbers are list positions, whose gaps close. Names come from outside, so nothing is looked up on objects on the way. */
export function queryTree(pairs: Iterable<[string, string]>): Record<string, QueryTree> {
  const root: Branch = { under: new Map() }
  let count = 0
  for (const [path, text] of pairs) {
    count += 1
    const names = path.split('.')
    if (count > MOST_PARAMETERS || names.length > DEEPEST) {
      throw new Ec2Error('MalformedQueryString', 'The query string has too many or too deep parameters')
    }
    branchAt(root, names).text = text
  }
  return objectOf(root)
}

function branchAt(root: Branch, names: string[]): Branch {
  let branch = root
  for (const name of names) {
    const next = branch.under.get(name) ?? { under: new Map() }
    branch.under.set(name, next)
    branch = next
  }
  return branch
}

function treeOf(branch: Branch): QueryTree {
  if (branch.under.size === 0) return branch.text ?? ''
  const names = [...branch.under.keys()]
  if (!names.every((name) => /^\d+$/.test(name))) return objectOf(branch)
  return [...branch.under].sort(([a], [b]) => Number(a) - Number(b)).map(([, one]) => treeOf(one))
}

function objectOf(branch: Branch): Record<string, QueryTree> {
  const entries = [...branch.under].map(([name, one]) => [name, treeOf(one)] as const)
  return Object.fromEntries(entries.filter(([name]) => name !== '__proto__'))
}
