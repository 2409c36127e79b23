import { text } from 'node:stream/consumers'
import { loadProvider } from '../load-adapter.ts'
import { LAUNCHED, type PlatformOrder } from './platform-process.ts'

// A platform that does nothing but launch, to be killed in the middle of it; started by `startPlatformProcess`.

const { folder, settings, spec } = JSON.parse(await text(process.stdin)) as PlatformOrder
const provider = await loadProvider(folder, settings, [folder])
await provider.launch(spec)
process.stdout.write(LAUNCHED)
// Until it is killed, and at the longest as long as a test could take.
setTimeout(() => process.exit(0), 60_000)
