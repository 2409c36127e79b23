import { openApi } from '@openzimki/api'

/** Whether the platform can take work. */
export class HealthService {
  readonly #version: string
  readonly #machines: () => number
  #document: Record<string, unknown> | undefined

  constructor(version: string, machines: () => number) {
    this.#version = version
    this.#machines = machines
  }

  /** `degraded` while no machine is ready. */
  get(): { status: 'ok' | 'degraded'; version: string; machines: number } {
    const machines = this.#machines()
    return { status: machines > 0 ? 'ok' : 'degraded', version: this.#version, machines }
  }

  /** Made when it is first asked for: that takes 40 ms. */
  openApi(): Record<string, unknown> {
    this.#document ??= openApi(this.#version)
    return this.#document
  }
}
