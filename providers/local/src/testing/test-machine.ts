/** A machine that does nothing but obey, for tests; it ends by itself in the end, should its test be killed. */
process.on('SIGTERM', () => {
  if (process.env.STUBBORN !== undefined) return
  process.stdout.write('bye\n')
  process.exit(0)
})
setTimeout(() => process.exit(9), 60_000)
if (process.env.EXIT !== undefined) process.exit(Number(process.env.EXIT))
process.stdout.write(`hello ${process.env.PROBE ?? ''}\n`)
