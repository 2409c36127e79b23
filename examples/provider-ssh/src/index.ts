import type { ProviderAdapter } from '@openzimki/provider'
import { checkConfig } from './config.ts'
import { Driver } from './driver.ts'
import { testBed } from './test-bed.ts'

export const adapter: ProviderAdapter = {
  name: 'ssh',
  contractVersions: [1],
  open: (settings) => new Driver(settings, checkConfig(settings.config)),
  testBed,
}
