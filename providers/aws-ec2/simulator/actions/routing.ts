import type { Cloud } from '../cloud/cloud.ts'
import type { InternetGateway, RouteTable } from '../cloud/model.ts'
import { action } from '../protocol/action.ts'
import { Ec2Error } from '../protocol/ec2-error.ts'
import { filtered } from '../protocol/filters.ts'
import { pageOf } from '../protocol/paging.ts'
import { filters, many, paging, tagSpecifications, text } from '../protocol/parameters.ts'
import type { XmlTree } from '../protocol/xml.ts'
import { needsTagging, tagSet, tagsAtCreation } from './tags.ts'

// Internet gateways and route tables: kept as they are told; packets of real instances go where the host's bridge takes them.

const CreateInternetGateway = action(
  { TagSpecification: tagSpecifications },
  (cloud, parameters) => {
    const tags = tagsAtCreation(parameters.TagSpecification, 'internet-gateway')
    const one = cloud.add(cloud.gateways, { ...cloud.born('gateway', tags), vpcId: null })
    return { internetGateway: gatewayXml(cloud, one) }
  },
  needsTagging,
)

const AttachInternetGateway = action({ InternetGatewayId: text, VpcId: text }, (cloud, parameters) => {
  const one = cloud.gateways.need(parameters.InternetGatewayId)
  const vpc = cloud.vpcs.need(parameters.VpcId)
  if (one.vpcId !== null || cloud.gateways.every().some(({ vpcId }) => vpcId === vpc.id)) {
    throw new Ec2Error(
      'Resource.AlreadyAssociated',
      `resource ${one.id} is already attached to network ${vpc.id}`,
    )
  }
  one.vpcId = vpc.id
  return { return: true }
})

const DetachInternetGateway = action({ InternetGatewayId: text, VpcId: text }, (cloud, parameters) => {
  const one = cloud.gateways.need(parameters.InternetGatewayId)
  if (one.vpcId !== parameters.VpcId) {
    throw new Ec2Error(
      'Gateway.NotAttached',
      `resource ${one.id} is not attached to network ${parameters.VpcId}`,
    )
  }
  if (cloud.interfaces.every().some(({ vpcId, publicIp }) => vpcId === one.vpcId && publicIp)) {
    const why = `Network ${one.vpcId} has some mapped public address(es). Please unmap those public address(es) before detaching the gateway.`
    throw new Ec2Error('DependencyViolation', why)
  }
  one.vpcId = null
  return { return: true }
})

const DeleteInternetGateway = action({ InternetGatewayId: text }, (cloud, parameters) => {
  const one = cloud.gateways.need(parameters.InternetGatewayId)
  if (one.vpcId !== null) {
    const why = `The internetGateway '${one.id}' has dependencies and cannot be deleted.`
    throw new Ec2Error('DependencyViolation', why)
  }
  cloud.gateways.drop(one.id)
  return { return: true }
})

const DescribeInternetGateways = action(
  { InternetGatewayId: many(text), Filter: filters, ...paging },
  (cloud, parameters) => {
    const ids = parameters.InternetGatewayId
    const found = filtered(
      ids.length > 0 ? cloud.gateways.needAll(ids) : cloud.gateways.seen(),
      parameters.Filter,
      {
        'internet-gateway-id': ({ id }) => id,
        'attachment.vpc-id': ({ vpcId }) => vpcId,
      },
    )
    const scope = `DescribeInternetGateways${JSON.stringify(parameters.Filter)}`
    const { page, nextToken } = pageOf(found, parameters, scope)
    return { internetGatewaySet: page.map((one) => gatewayXml(cloud, one)), nextToken }
  },
)

const CreateRouteTable = action(
  { VpcId: text, ClientToken: text.optional(), TagSpecification: tagSpecifications },
  async (cloud, parameters) => {
    const vpc = cloud.vpcs.need(parameters.VpcId)
    const tags = tagsAtCreation(parameters.TagSpecification, 'route-table')
    const id = await cloud.tokens.once('CreateRouteTable', parameters.ClientToken, parameters, async () => {
      const table = { vpcId: vpc.id, main: false, routes: [], associations: [] }
      return cloud.add(cloud.routeTables, { ...cloud.born('routeTable', tags), ...table }).id
    })
    return { routeTable: tableXml(cloud, cloud.routeTables.own(id)) }
  },
  needsTagging,
)

const CreateRoute = action(
  { RouteTableId: text, DestinationCidrBlock: text, GatewayId: text },
  (cloud, parameters) => {
    const table = cloud.routeTables.need(parameters.RouteTableId)
    const gateway = cloud.gateways.need(parameters.GatewayId)
    const destination = parameters.DestinationCidrBlock
    if (table.routes.some((one) => one.destination === destination)) {
      throw new Ec2Error('RouteAlreadyExists', `The route identified by ${destination} already exists.`)
    }
    table.routes.push({ destination, gatewayId: gateway.id })
    return { return: true }
  },
)

const AssociateRouteTable = action({ RouteTableId: text, SubnetId: text }, (cloud, parameters) => {
  const table = cloud.routeTables.need(parameters.RouteTableId)
  const subnet = cloud.subnets.need(parameters.SubnetId)
  const id = `rtbassoc-${cloud.newId()}`
  table.associations.push({ id, subnetId: subnet.id })
  return { associationId: id, associationState: { state: 'associated' } }
})

const DisassociateRouteTable = action({ AssociationId: text }, (cloud, parameters) => {
  const id = parameters.AssociationId
  const table = cloud.routeTables
    .every()
    .find(({ associations }) => associations.some((one) => one.id === id))
  if (!table) throw new Ec2Error('InvalidAssociationID.NotFound', `The association ID '${id}' does not exist`)
  table.associations = table.associations.filter((one) => one.id !== id)
  return { return: true }
})

const DeleteRouteTable = action({ RouteTableId: text }, (cloud, parameters) => {
  const table = cloud.routeTables.need(parameters.RouteTableId)
  if (table.main || table.associations.length > 0) {
    const why = `The routeTable '${table.id}' has dependencies and cannot be deleted.`
    throw new Ec2Error('DependencyViolation', why)
  }
  cloud.routeTables.drop(table.id)
  return { return: true }
})

const DescribeRouteTables = action(
  { RouteTableId: many(text), Filter: filters, ...paging },
  (cloud, parameters) => {
    const ids = parameters.RouteTableId
    const all = ids.length > 0 ? cloud.routeTables.needAll(ids) : cloud.routeTables.seen()
    const found = filtered(all, parameters.Filter, {
      'route-table-id': ({ id }) => id,
      'vpc-id': ({ vpcId }) => vpcId,
      'association.main': ({ main }) => main,
      'association.subnet-id': ({ associations }) => associations.map(({ subnetId }) => subnetId),
    })
    const { page, nextToken } = pageOf(
      found,
      parameters,
      `DescribeRouteTables${JSON.stringify(parameters.Filter)}`,
    )
    return { routeTableSet: page.map((one) => tableXml(cloud, one)), nextToken }
  },
)

function gatewayXml(cloud: Cloud, one: InternetGateway): XmlTree {
  return {
    internetGatewayId: one.id,
    ownerId: cloud.options.accountId,
    attachmentSet: one.vpcId ? [{ vpcId: one.vpcId, state: 'available' }] : [],
    tagSet: tagSet(one.tags),
  }
}

function tableXml(cloud: Cloud, one: RouteTable | undefined): XmlTree {
  if (!one) return undefined
  const local = {
    destinationCidrBlock: cloud.vpcs.own(one.vpcId)?.cidr,
    gatewayId: 'local',
    state: 'active',
    origin: 'CreateRouteTable',
  }
  const main = one.main ? [{ routeTableAssociationId: `rtbassoc-${one.id.slice(4)}`, main: true }] : []
  return {
    routeTableId: one.id,
    vpcId: one.vpcId,
    ownerId: cloud.options.accountId,
    routeSet: [
      local,
      ...one.routes.map(({ destination, gatewayId }) => ({
        destinationCidrBlock: destination,
        gatewayId,
        state: 'active',
        origin: 'CreateRoute',
      })),
    ],
    associationSet: [
      ...main.map((each) => ({ ...each, routeTableId: one.id })),
      ...one.associations.map(({ id, subnetId }) => ({
        routeTableAssociationId: id,
        routeTableId: one.id,
        subnetId,
        main: false,
        associationState: { state: 'associated' },
      })),
    ],
    tagSet: tagSet(one.tags),
  }
}

export const routingActions = {
  CreateInternetGateway,
  AttachInternetGateway,
  DetachInternetGateway,
  DeleteInternetGateway,
  DescribeInternetGateways,
  CreateRouteTable,
  CreateRoute,
  AssociateRouteTable,
  DisassociateRouteTable,
  DeleteRouteTable,
  DescribeRouteTables,
}
