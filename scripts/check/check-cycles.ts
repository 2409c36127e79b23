import { posix } from 'node:path'
import type { Finding } from './finding.ts'
import type { ParsedSource } from './parsed-source.ts'
import type { WorkspacePackage } from './workspace-package.ts'

/** Finds import cycles, type imports included: one finding for each group of files that import one another, with its shortest way round. */
export function checkCycles(sources: ParsedSource[], packages: Map<string, WorkspacePackage>): Finding[] {
  const graph = importGraph(sources, packages)
  return groupsOfMutualImport(graph).map((group) => {
    const path = shortestCycle(graph, group)
    return {
      check: 'cycles',
      where: path[0] ?? '',
      what: `import cycle ${path.join(' -> ')}`,
      todo: 'Move what both need into a file of its own',
    }
  })
}

type Graph = Map<string, string[]>

function importGraph(sources: ParsedSource[], packages: Map<string, WorkspacePackage>): Graph {
  const known = new Set(sources.map((source) => source.path))
  const doors = new Map<string, string>()
  for (const { name, exports } of packages.values()) {
    for (const [door, file] of exports) doors.set(name + door.slice(1), file)
  }
  const resolve = (from: string, specifier: string) =>
    specifier.startsWith('.') ? posix.join(posix.dirname(from), specifier) : (doors.get(specifier) ?? '')
  return new Map(
    sources.map((source) => {
      const targets = source.imports.map((entry) => resolve(source.path, entry.specifier))
      return [source.path, [...new Set(targets)].filter((target) => known.has(target))]
    }),
  )
}

/** Strongly connected groups with a cycle in them (Tarjan's algorithm, with a stack of its own: chains of imports may be long). */
function groupsOfMutualImport(graph: Graph): string[][] {
  const search = new TarjanSearch(graph)
  for (const node of graph.keys()) search.visit(node)
  return search.groups.filter(
    (group) => group.length > 1 || graph.get(group[0] ?? '')?.includes(group[0] ?? ''),
  )
}

class TarjanSearch {
  readonly groups: string[][] = []
  readonly #graph: Graph
  readonly #index = new Map<string, number>()
  readonly #low = new Map<string, number>()
  readonly #open: string[] = []
  readonly #isOpen = new Set<string>()

  constructor(graph: Graph) {
    this.#graph = graph
  }

  visit(root: string): void {
    if (this.#index.has(root)) return
    const path = [this.#enter(root)]
    for (let step = path.at(-1); step; step = path.at(-1)) {
      const target = step.targets.next()
      if (target.done) {
        path.pop()
        this.#leave(step.node, path.at(-1)?.node)
      } else if (!this.#index.has(target.value)) path.push(this.#enter(target.value))
      else if (this.#isOpen.has(target.value)) this.#lower(step.node, this.#index.get(target.value) ?? 0)
    }
  }

  #enter(node: string): { node: string; targets: Iterator<string, undefined> } {
    const index = this.#index.size
    this.#index.set(node, index)
    this.#low.set(node, index)
    this.#open.push(node)
    this.#isOpen.add(node)
    return { node, targets: (this.#graph.get(node) ?? []).values() }
  }

  #leave(node: string, parent: string | undefined): void {
    const low = this.#low.get(node) ?? 0
    if (parent !== undefined) this.#lower(parent, low)
    if (low !== this.#index.get(node)) return
    const group = this.#open.splice(this.#open.indexOf(node))
    for (const member of group) this.#isOpen.delete(member)
    this.groups.push(group)
  }

  #lower(node: string, low: number): void {
    this.#low.set(node, Math.min(this.#low.get(node) ?? low, low))
  }
}

function shortestCycle(graph: Graph, group: string[]): string[] {
  const members = new Set(group)
  const cycles = group.map((start) => wayBack(graph, members, start)).filter((path) => path.length > 0)
  return cycles.sort((a, b) => a.length - b.length)[0] ?? group
}

/** The shortest way from `start` back to itself within the group, both ends included (breadth first). */
function wayBack(graph: Graph, members: Set<string>, start: string): string[] {
  const cameFrom = new Map<string, string>()
  const queue = [start]
  for (const node of queue) {
    for (const target of graph.get(node) ?? []) {
      if (target === start) return [...trace(cameFrom, node), start]
      if (!members.has(target) || cameFrom.has(target)) continue
      cameFrom.set(target, node)
      queue.push(target)
    }
  }
  return []
}

function trace(cameFrom: Map<string, string>, end: string): string[] {
  const path = [end]
  for (let node = cameFrom.get(end); node !== undefined; node = cameFrom.get(node)) path.unshift(node)
  return path
}
