import { describeS3Store } from './testing/describe-s3-store.ts'
import { startVersity } from './testing/versity-store.ts'

describeS3Store('Versity gateway', startVersity, {})
