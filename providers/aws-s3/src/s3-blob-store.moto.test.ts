import { describeS3Store } from './testing/describe-s3-store.ts'
import { startMoto } from './testing/moto-store.ts'

// moto takes any checksum, so it is a store that needs `readBack`.
describeS3Store('moto', startMoto, { readBack: true })
