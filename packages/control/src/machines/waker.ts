/** A sleep that others can end. Who is woken while awake does not sleep the next time. */
export class Waker {
  #isWoken = false
  #wake: (() => void) | null = null

  wake(): void {
    this.#isWoken = true
    this.#wake?.()
  }

  sleep(ms: number): Promise<void> {
    if (this.#isWoken) {
      this.#isWoken = false
      return Promise.resolve()
    }
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.wake(), ms)
      timer.unref()
      this.#wake = () => {
        clearTimeout(timer)
        this.#wake = null
        this.#isWoken = false
        resolve()
      }
    })
  }
}
