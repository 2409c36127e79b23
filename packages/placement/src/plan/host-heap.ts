/** What the heap needs to know of a host. */
export interface Ranked {
  /** How full it is. */
  share: number
  /** The heap's own: where it stands. */
  place: number
  machine: { id: string }
}

/** Hosts by how full they are, the emptiest on top; of equals the smaller id. Hosts only become fuller. */
export class HostHeap<Host extends Ranked> {
  readonly #hosts: Host[]

  constructor(hosts: Host[]) {
    this.#hosts = hosts
    hosts.forEach((host, index) => {
      host.place = index
    })
    for (let index = (hosts.length >> 1) - 1; index >= 0; index -= 1) this.#sink(index)
  }

  /** The emptiest that is not `without`. Costs little while few are. */
  emptiest(without: (host: Host) => boolean): Host | null {
    const border = this.#hosts.length > 0 ? [0] : []
    while (border.length > 0) {
      const next = this.#takeLeast(border)
      const host = this.#hosts[next]!
      if (!without(host)) return host
      for (const child of [2 * next + 1, 2 * next + 2]) if (child < this.#hosts.length) border.push(child)
    }
    return null
  }

  /** A host became fuller. */
  fuller(host: Host): void {
    this.#sink(host.place)
  }

  #takeLeast(border: number[]): number {
    let least = 0
    for (let index = 1; index < border.length; index += 1) {
      if (isBefore(this.#hosts[border[index]!]!, this.#hosts[border[least]!]!)) least = index
    }
    return border.splice(least, 1)[0]!
  }

  #sink(from: number): void {
    const hosts = this.#hosts
    let index = from
    for (;;) {
      let least = index
      for (const child of [2 * index + 1, 2 * index + 2]) {
        if (child < hosts.length && isBefore(hosts[child]!, hosts[least]!)) least = child
      }
      if (least === index) return
      this.#swap(index, least)
      index = least
    }
  }

  #swap(a: number, b: number): void {
    const [first, second] = [this.#hosts[a]!, this.#hosts[b]!]
    this.#hosts[a] = second
    this.#hosts[b] = first
    second.place = a
    first.place = b
  }
}

const isBefore = (a: Ranked, b: Ranked): boolean =>
  a.share !== b.share ? a.share < b.share : a.machine.id < b.machine.id
