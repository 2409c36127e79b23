export { createGateway } from './create-gateway.ts'
export type { Gateway, GatewayStats } from './gateway.ts'
export * from './gateway-options.ts'
export type { Invoked } from './invocation.ts'
