export * from './address.ts'
export { type ConnectOptions, connectLink, linkOver } from './connect-link.ts'
export * from './contract.ts'
export { createLink } from './create-link.ts'
export {
  formatIdentity,
  generateIdentity,
  type Identity,
  isPublicKey,
  isSignedBy,
  parseIdentity,
} from './identity/identity.ts'
export { openIdentityFile } from './identity/identity-file.ts'
export { type LinkListener, type ListenLinksOptions, listenLinks } from './listen-links.ts'
export { type DialRelayOptions, dialRelay } from './relay/dial-relay.ts'
export { joinSockets } from './relay/join-sockets.ts'
export {
  type IncomingRelay,
  RELAY_PROTOCOL,
  type RelayHello,
  type RelayPurpose,
  readRelay,
} from './relay/relay-hello.ts'
export type { Method, Params, Result } from './rpc/call-map.ts'
export { IncomingBody } from './rpc/incoming-body.ts'
export { OutgoingBody } from './rpc/outgoing-body.ts'
export type { CallOptions } from './rpc/pending-call.ts'
export { type RawResult, rawResult } from './rpc/raw-result.ts'
export { type RpcClient, rpcCall, rpcClient, rpcStream, type StreamOptions } from './rpc/rpc-call.ts'
export { type RpcContext, type RpcHandlers, type RpcServerOptions, rpcServer } from './rpc/rpc-server.ts'
