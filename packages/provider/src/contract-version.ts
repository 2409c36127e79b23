import { PlatformError } from '@openzimki/core'

/**
 * Versions of the machine contract that this package speaks, newest last. A version is raised when an adapter that was right would become
 * wrong; what is only added does not raise it.
 */
export const CONTRACT_VERSIONS: readonly number[] = [1]

/**
 * The newest version that both sides speak. UNSUPPORTED, saying which side is behind and what to do, when there is none.
 */
export function negotiateContract(
  adapter: string,
  spoken: readonly number[],
  ours: readonly number[] = CONTRACT_VERSIONS,
): number {
  const common = spoken.filter((version) => ours.includes(version))
  if (common.length > 0) return Math.max(...common)
  const adapterIsBehind = Math.max(...spoken) < Math.max(...ours)
  const advice = adapterIsBehind
    ? `The adapter is too old: install a newer release of it, or, if you write it, bring it up to version ${Math.max(...ours)} ` +
      'and add that number to its contractVersions'
    : 'The adapter is too new for this platform: update OpenZimki, or install an older release of the adapter'
  throw new PlatformError(
    'UNSUPPORTED',
    `adapter ${adapter} speaks version ${spoken.join(', ')} of the machine contract, and this platform speaks ${ours.join(', ')}. ${advice}.`,
    { details: { adapter: [...spoken], platform: [...ours] } },
  )
}
