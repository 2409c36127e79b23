export interface StormOptions {
  provider: 'local' | 'docker'
  minutes: number
  seed: number
  say(line: string): void
}
