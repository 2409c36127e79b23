import { randomBytes } from 'node:crypto'
import type { FaultPlan } from '../faults/fault-plan.ts'
import type { Hypervisor } from '../machine/hypervisor.ts'
import { ClientTokens } from '../protocol/client-tokens.ts'
import type {
  Fleet,
  Image,
  Instance,
  InternetGateway,
  NetworkInterface,
  RouteTable,
  SecurityGroup,
  SpotRequest,
  Subnet,
  Template,
  Volume,
  Vpc,
} from './model.ts'
import { KINDS, type KindName, type Resource } from './resource.ts'
import { ResourceTable, type Veil } from './resource-table.ts'
import { Schedule } from './schedule.ts'
import type { Times } from './times.ts'

export interface CloudOptions {
  accountId: string
  region: string
  /** Letters of its zones, such as `a`. */
  zones: string[]
  seed: number
  times: Times
  nowMs: () => number
  /** The clock moves by itself. */
  timed: boolean
  faults: FaultPlan
  /** Runs what is in instances; null: instances are only spoken of. */
  hypervisor: Hypervisor | null
}

/** The account and all that is in it. */
export class Cloud {
  readonly options: CloudOptions
  readonly faults: FaultPlan
  readonly schedule: Schedule
  readonly tokens = new ClientTokens()
  /** Zones that are dark. */
  readonly outages = new Set<string>()
  /** Veils of what a call in progress makes. */
  newVeil: Veil | null = null

  readonly instances: ResourceTable<Instance>
  readonly volumes: ResourceTable<Volume>
  readonly interfaces: ResourceTable<NetworkInterface>
  readonly groups: ResourceTable<SecurityGroup>
  readonly templates: ResourceTable<Template>
  readonly fleets: ResourceTable<Fleet>
  readonly spotRequests: ResourceTable<SpotRequest>
  readonly images: ResourceTable<Image>
  readonly vpcs: ResourceTable<Vpc>
  readonly subnets: ResourceTable<Subnet>
  readonly gateways: ResourceTable<InternetGateway>
  readonly routeTables: ResourceTable<RouteTable>
  /** What has a position up to here was there from the beginning. */
  furnishedUpTo = 0
  #position = 0

  constructor(options: CloudOptions) {
    this.options = options
    this.faults = options.faults
    this.schedule = new Schedule(options.nowMs, options.timed)
    const { nowMs } = options
    this.instances = new ResourceTable(KINDS.instance, nowMs)
    this.volumes = new ResourceTable(KINDS.volume, nowMs)
    this.interfaces = new ResourceTable(KINDS.networkInterface, nowMs)
    this.groups = new ResourceTable(KINDS.securityGroup, nowMs)
    this.templates = new ResourceTable(KINDS.template, nowMs)
    this.fleets = new ResourceTable(KINDS.fleet, nowMs)
    this.spotRequests = new ResourceTable(KINDS.spotRequest, nowMs)
    this.images = new ResourceTable(KINDS.image, nowMs)
    this.vpcs = new ResourceTable(KINDS.vpc, nowMs)
    this.subnets = new ResourceTable(KINDS.subnet, nowMs)
    this.gateways = new ResourceTable(KINDS.gateway, nowMs)
    this.routeTables = new ResourceTable(KINDS.routeTable, nowMs)
  }

  nowMs(): number {
    return this.options.nowMs()
  }

  get zoneNames(): string[] {
    return this.options.zones.map((letter) => `${this.options.region}${letter}`)
  }

  /** Every table, for what concerns resources of all kinds. */
  get tables(): ResourceTable<Resource>[] {
    const { instances, volumes, interfaces, groups, templates, fleets, spotRequests } = this
    const network = [this.images, this.vpcs, this.subnets, this.gateways, this.routeTables]
    return [instances, volumes, interfaces, groups, templates, fleets, spotRequests, ...network]
  }

  /** A new resource's common part. */
  born(kind: KindName, tags: Map<string, string>): Resource {
    this.#position += 1
    const id = kind === 'fleet' ? fleetId() : `${KINDS[kind].prefix}-${this.newId()}`
    return { id, tags: new Map(tags), createdMs: this.nowMs(), position: this.#position }
  }

  get lastPosition(): number {
    return this.#position
  }

  /** 17 hexadecimal digits, as in AWS's ids; no two the same, over simulators too. */
  newId(): string {
    return randomBytes(9).toString('hex').slice(0, 17)
  }

  /** Adds what a call made, veiled when the service is slow to show it. */
  add<T extends Resource>(table: ResourceTable<T>, resource: T): T {
    if (this.newVeil) table.veil(resource.id, this.newVeil)
    return table.add(resource)
  }
}

function fleetId(): string {
  const hex = randomBytes(16).toString('hex')
  const cuts = [0, 8, 12, 16, 20, 32]
  return `fleet-${cuts
    .slice(1)
    .map((end, index) => hex.slice(cuts[index], end))
    .join('-')}`
}
