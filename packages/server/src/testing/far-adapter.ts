import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const LOCAL = new URL('../../../../providers/local/src/index.ts', import.meta.url).href

/** The local adapter's machines, which know nothing of this host's sockets, as if they were on another. */
const SOURCE = `
import { adapter as local } from ${JSON.stringify(LOCAL)}
export const adapter = { ...local, async open(settings) {
  const driver = await local.open({ ...settings, sockets: undefined })
  const manifest = { ...driver.manifest, sharesSockets: false }
  return new Proxy(driver, { get: (target, name) => name === 'manifest' ? manifest : typeof target[name] === 'function' ? target[name].bind(target) : target[name] })
} }`

/** The folder of an adapter whose machines are reached by relays alone. */
export async function makeFarAdapter(): Promise<{ folder: string; remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'zimki-far-'))
  const manifest = { name: 'zimki-provider-far', version: '1.0.0', type: 'module', exports: './main.js' }
  await writeFile(join(folder, 'package.json'), JSON.stringify(manifest))
  await writeFile(join(folder, 'main.js'), SOURCE)
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) }
}
