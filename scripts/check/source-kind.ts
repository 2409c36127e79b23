/**
 * Tests, conformance kits and the benchmarks of packages: they may use the test tools, and their size is not held to the budgets, because
 * a long list of cases is not hard to read.
 */
export function isTestCode(path: string): boolean {
  return (
    /\.test\.[cm]?[jt]s$/.test(path) ||
    /(?:^|\/)(?:conformance|testing)\//.test(path) ||
    /^(?:packages|providers)\/[^/]+\/bench\//.test(path) ||
    /(?:^|\/)(?:[\w-]*-)?(?:conformance|test-kit)(?:-[\w-]*)?\.ts$/.test(path)
  )
}

/** `packages/store/src/x.ts` -> `packages/store`; null outside the workspaces. */
export function packageFolder(path: string): string | null {
  return /^(?:packages|providers)\/[^/]+(?=\/)/.exec(path)?.[0] ?? null
}
