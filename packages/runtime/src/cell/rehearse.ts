import { randomUUID } from 'node:crypto'
import {
  type Artifact,
  type CellLoad,
  DEFAULT_LIMITS,
  PlatformError,
  type RealmKind,
  type RequestHead,
  type ResponseHead,
  systemClock,
} from '@openzimki/core'
import { connectLink, type Link, listenLinks } from '@openzimki/link'
import type { BlobStore, ObjectStore } from '@openzimki/store/client'
import type { Egress } from '../bindings/egress-port.ts'
import { Cell } from './cell.ts'
import { CellMeter } from './cell-meter.ts'
import type { IsolatePool } from './isolate-pool.ts'

export interface Rehearsal {
  pool: IsolatePool
  /** `unix:<path>` of a socket for the rehearsal alone; it is gone afterwards. */
  address: string
  /** True: somebody needs the cell, and what is left is not rehearsed. */
  isOver(): boolean
}

/** Of each kind; the first compiles, the others find what they need compiled. */
const REQUESTS = 3

const PROGRAMS: Record<RealmKind, Partial<Artifact>> = {
  script: {
    scripts: [
      {
        name: 'main.js',
        source: `zimki.publishPath("", function (args) { return String(zimki_user.search({ username: args.name }).length) })`,
      },
    ],
  },
  module: {
    main: {
      name: 'main.js',
      source: `export default { fetch: async (_, { zimki }) => new Response(String((await zimki.classes.Page.search()).length)) }`,
    },
  },
}

const EMPTY: Omit<Artifact, 'kind'> = {
  ...{ format: 1, scripts: [], templates: [], tests: [], files: [], classes: [], schedules: [], shared: [] },
  ...{ env: {}, limits: {} },
}

/** A store in which there is nothing. */
const objects = { search: async () => [], listClasses: async () => [] } as Partial<ObjectStore> as ObjectStore

/**
 * Loads a realm of each kind into a cell that is nobody's, asks it, and throws it away, all within this process: the code that a load and a request go through is compiled
 * then, and the first realm that takes the cell does not wait for that. Its programs are ours, and its usage goes nowhere. Rejects when it was not answered.
 */
export async function rehearse({ pool, address, isOver }: Rehearsal): Promise<void> {
  const meter: CellMeter = new CellMeter({
    ...{ source: randomUUID(), jsopNs: 1, clock: systemClock, threads: null, settle: () => undefined },
    ship: ({ sequence }) => meter.acknowledge(sequence),
  })
  const cell = new Cell({
    ...{ pool, meter, egress: {} as Egress, clock: systemClock, log: () => undefined },
    connectRealm: () => ({ objects, blobs: {} as BlobStore, renew: () => undefined }),
  })
  const listener = await listenLinks(address, (far) => {
    far.onStream = (stream) => cell.accept(stream)
  })
  try {
    await rehearseOver(await connectLink(address), cell, isOver)
  } finally {
    await listener.close()
    meter.close()
  }
}

async function rehearseOver(link: Link, cell: Cell, isOver: () => boolean): Promise<void> {
  try {
    for (const kind of ['script', 'module'] as const) {
      if (isOver()) return
      const load = loadOf(kind)
      try {
        await cell.load(load)
        for (let asked = 0; asked < REQUESTS && !isOver(); asked++) await ask(link, load)
      } finally {
        cell.unload(load.realm, load.deployment)
      }
    }
  } finally {
    link.close()
  }
}

function loadOf(kind: RealmKind): CellLoad {
  const artifact: Artifact = { ...EMPTY, kind, ...PROGRAMS[kind] }
  return {
    ...{ account: randomUUID(), realm: randomUUID(), deployment: kind, kind, capability: '' },
    ...{ limits: DEFAULT_LIMITS, env: {}, prefetched: { artifact: JSON.stringify(artifact), classes: [] } },
  }
}

function ask(link: Link, { realm, deployment }: CellLoad): Promise<void> {
  const head: RequestHead = {
    ...{ op: 'http', id: randomUUID(), realm, deployment, key: randomUUID(), alias: null, root: '' },
    ...{ method: 'GET', url: 'http://localhost/?name=nobody', path: '/', query: '?name=nobody' },
    ...{ headers: ['host', 'localhost'], remote: '127.0.0.1', debug: false },
  }
  return new Promise((resolve, reject) => {
    let status = 0
    const stream = link.open(JSON.stringify(head), {
      end: true,
      handlers: {
        onHead: (text) => {
          status = (JSON.parse(text) as ResponseHead).status
        },
        onData: (chunk) => stream.consumed(chunk.byteLength),
        onEnd: () => (status === 200 ? resolve() : reject(unanswered(status))),
        onReset: reject,
      },
    })
  })
}

const unanswered = (status: number): PlatformError =>
  new PlatformError('INTERNAL', `the rehearsal was answered with ${status}`)
