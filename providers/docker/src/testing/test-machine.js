/** A machine that does nothing but obey, for tests; it ends by itself in the end, should its test be killed. */
process.on('SIGTERM', () => {
  if (process.env.STUBBORN !== undefined) return
  process.stdout.write('bye\n')
  process.exit(0)
})
setTimeout(() => process.exit(9), 120_000)
if (process.env.EXIT !== undefined) process.exit(Number(process.env.EXIT))
if (process.env.RUN !== undefined) {
  const { runInThisContext } = await import('node:vm')
  const { default: os } = await import('node:os')
  const [fs, net] = [await import('node:fs'), await import('node:net')]
  process.stdout.write(`${JSON.stringify(await runInThisContext(process.env.RUN)({ fs, net, os }))}\n`)
}
process.stdout.write(`hello ${process.env.PROBE ?? ''}\n`)
