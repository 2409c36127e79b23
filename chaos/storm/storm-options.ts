export interface StormOptions {
  provider: 'local' | 'docker'
  minutes: number
  seed: number
  say(line: string): void
  /** Rejects when the run is to end early; what it made is taken away all the same. */
  interrupted: Promise<never>
}
