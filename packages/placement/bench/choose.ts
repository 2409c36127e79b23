import { choose } from '../src/choose.ts'

/** Prints what one `choose` costs; the budget is 2 us. */
for (const size of [1, 3, 16, 64]) {
  const cells = Array.from({ length: size }, (_, index) => ({
    id: `cell-${index}`,
    address: `unix:/${index}`,
  }))
  const inFlight = new Map(cells.map(({ id }, index) => [id, index % 7]))
  const rounds = 1_000_000
  let found = 0
  const startMs = performance.now()
  for (let round = 0; round < rounds; round++) {
    if (choose(cells, (cell) => inFlight.get(cell.id) ?? 0)) found += 1
  }
  const nsEach = ((performance.now() - startMs) * 1e6) / rounds
  process.stdout.write(`choose of ${size} cells: ${nsEach.toFixed(0)} ns (${found} found)\n`)
}
