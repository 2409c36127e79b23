import { openApi } from '@openzimki/api'

/** Whether the platform can take work. */
export class HealthService {
  readonly #version: string
  readonly #machines: () => number
  readonly #document: Record<string, unknown>

  constructor(version: string, machines: () => number) {
    this.#version = version
    this.#machines = machines
    this.#document = openApi(version)
  }

  /** `degraded` while no machine is ready. */
  get(): { status: 'ok' | 'degraded'; version: string; machines: number } {
    const machines = this.#machines()
    return { status: machines > 0 ? 'ok' : 'degraded', version: this.#version, machines }
  }

  openApi(): Record<string, unknown> {
    return this.#document
  }
}
