/** Runs `work` so many times one after the other; milliseconds at the given shares of the distribution. */
export async function percentiles(
  runs: number,
  work: (run: number) => Promise<unknown>,
): Promise<{ p50: number; p99: number; max: number }> {
  const tookMs: number[] = []
  for (let run = 0; run < runs; run++) {
    const start = performance.now()
    await work(run)
    tookMs.push(performance.now() - start)
  }
  tookMs.sort((a, b) => a - b)
  const at = (share: number): number => tookMs[Math.min(runs - 1, Math.floor(runs * share))] ?? Number.NaN
  return { p50: at(0.5), p99: at(0.99), max: tookMs[runs - 1] ?? Number.NaN }
}

/** Keeps `inFlight` pieces of work going until `total` are done; how many were done in a second. */
export async function rate(
  total: number,
  inFlight: number,
  work: (run: number) => Promise<unknown>,
): Promise<number> {
  let next = 0
  const start = performance.now()
  const worker = async (): Promise<void> => {
    while (next < total) await work(next++)
  }
  await Promise.all(Array.from({ length: inFlight }, worker))
  return (total / (performance.now() - start)) * 1_000
}
