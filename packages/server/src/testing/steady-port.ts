import { createServer } from 'node:net'

/** Below those that systems hand out to whoever asks for any: what is free here stays so while nobody listens on it. */
const FIRST = 10_000
const COUNT = 22_000

/** A port that can be listened on later, and left and taken again. */
export async function steadyPort(): Promise<number> {
  for (;;) {
    const port = FIRST + Math.floor(Math.random() * COUNT)
    if (await isFree(port)) return port
  }
}

function isFree(port: number): Promise<boolean> {
  const server = createServer()
  return new Promise((resolve) => {
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
