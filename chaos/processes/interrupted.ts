/** A run that was interrupted has cleaned up and says nothing more. */
export class Interrupted extends Error {}

/**
 * Rejects when somebody wants the run to end (Ctrl-C, SIGTERM), so that it takes away what it made. A second signal ends the program at
 * once.
 */
export function interrupted(say: (line: string) => void): Promise<never> {
  const told = new Promise<never>((_, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => {
        say(`${signal}: taking away what was made; once more ends at once`)
        process.removeAllListeners('SIGINT').removeAllListeners('SIGTERM')
        reject(new Interrupted(`ended by ${signal}`))
      })
    }
  })
  told.catch(() => undefined)
  return told
}
