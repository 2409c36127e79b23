import { PlatformError, systemClock } from '@openzimki/core'
import { openStore, serveStore } from '@openzimki/store'
import { FINAL_STATUS } from './child-service.ts'
import { openBlobs } from './open-blobs.ts'
import { STORE_ENV } from './store-env.ts'

const SWEEP_MS = 5_000
/** What is wrong for good: to start again would not help. */
const FINAL_CODES = ['INVALID_ARGUMENT', 'UNSUPPORTED', 'CONFLICT']

/** The one process that holds the realms' database. It ends when the platform is gone. */
async function main(): Promise<void> {
  const need = (name: string): string => {
    const value = process.env[name]
    if (value) return value
    throw new Error(`${name} is not set`)
  }
  const { objects, refs } = await openStore({
    location: need(STORE_ENV.database),
    clock: systemClock,
    onLost: startAnew,
  })
  const blobs = await openBlobs({
    folder: need(STORE_ENV.folder),
    place: process.env[STORE_ENV.blobs] ?? '',
    owner: need(STORE_ENV.owner),
  })
  const secret = Buffer.from(need(STORE_ENV.secret), 'base64url')
  const server = await serveStore({
    address: need(STORE_ENV.address),
    objects,
    blobs,
    refs,
    secret,
    clock: systemClock,
  })
  // A database that is away for a while is swept when it is back.
  const sweep = setInterval(() => void objects.sweep(10_000).catch(() => undefined), SWEEP_MS)
  const end = async (): Promise<void> => {
    clearInterval(sweep)
    await server.close()
    await objects.close()
    await blobs.close()
    process.exit(0)
  }
  process.on('disconnect', () => void end())
  process.on('message', (message) => {
    if (message === 'end') void end()
  })
  // The platform ends its parts in order; a Ctrl-C of the terminal reaches all at once.
  process.on('SIGINT', () => undefined)
  process.on('SIGTERM', () => undefined)
  process.send?.('ready')
}

/** The platform starts this process again, which then takes up what the disk really has. */
function startAnew(error: PlatformError): void {
  process.stderr.write(`store: ${error.message}: ${String(error.cause)}\n`)
  process.exit(1)
}

await main().catch((error) => {
  const told = error instanceof PlatformError ? error.message : (error?.stack ?? error)
  process.stderr.write(`store: ${told}\n`)
  process.exit(FINAL_CODES.includes(error?.code) ? FINAL_STATUS : 1)
})
