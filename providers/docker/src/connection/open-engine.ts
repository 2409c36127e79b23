import { readFileSync } from 'node:fs'
import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import Docker, { type DockerOptions } from 'dockerode'
import type { Connection } from './connection-config.ts'
import { SshAgent } from './ssh-agent.ts'

/** A client of one engine. */
export interface Engine {
  docker: Docker
  /** Lets go of its connections. */
  close(): void
}

/**
 * Nothing is dialled until it is used. All that docker-modem would take from the environment (DOCKER_HOST, DOCKER_CERT_PATH and the
 * like) is set here, so that the configuration alone decides. Throws what reading the files throws.
 */
export function openEngine(
  connection: Connection,
  env: Record<string, string | undefined> = process.env,
): Engine {
  const nothing = {
    host: undefined,
    port: undefined,
    ca: undefined,
    cert: undefined,
    key: undefined,
    pathPrefix: '/',
  }
  if ('socket' in connection) {
    const agent = new HttpAgent({ keepAlive: true })
    const docker = client({ ...nothing, protocol: 'http', socketPath: connection.socket, agent })
    return { docker, close: () => agent.destroy() }
  }
  const { host, port } = connection
  if ('tls' in connection) {
    const { caFile, certFile, keyFile } = connection.tls
    const [ca, cert, key] = [caFile, certFile, keyFile].map((file) => readFileSync(file, 'utf8'))
    const agent = new HttpsAgent({ keepAlive: true, ca, cert, key, minVersion: 'TLSv1.2' })
    const docker = client({ ...nothing, protocol: 'https', host, port, ca, cert, key, agent })
    return { docker, close: () => agent.destroy() }
  }
  const { user, keyFile, hostKey } = connection.ssh
  const privateKey = keyFile ? readFileSync(keyFile) : null
  const agent = new SshAgent({ host, port, user, hostKey, privateKey, agentSocket: env.SSH_AUTH_SOCK })
  const docker = client({ ...nothing, protocol: 'http', host, port, agent })
  return { docker, close: () => agent.destroy() }
}

/** What docker-modem takes and the types of dockerode do not name. */
const client = (options: DockerOptions & { agent: HttpAgent; pathPrefix: string }): Docker =>
  new Docker(options)
