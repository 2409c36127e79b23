import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { parseSimpleYaml, type YamlValue } from './simple-yaml.ts'

type Run = (program: string, args: string[]) => Promise<number | string>

const KNOWN = ['write_files', 'bootcmd', 'runcmd']

/** The part of #cloud-config that is understood: write_files, bootcmd, runcmd. What else it says is refused, not ignored. Returns how much failed. */
export async function applyCloudConfig(text: string, run: Run): Promise<number> {
  const config = parseSimpleYaml(text)
  if (typeof config !== 'object' || config === null || Array.isArray(config))
    throw new Error('it is not a mapping')
  const unknown = Object.keys(config).find((key) => !KNOWN.includes(key))
  if (unknown) throw new Error(`'${unknown}' is not simulated; ${KNOWN.join(', ')} are`)
  for (const file of listOf(config.write_files)) writeOne(file)
  let failures = 0
  for (const command of [...listOf(config.bootcmd), ...listOf(config.runcmd)]) {
    const code = Array.isArray(command)
      ? await run(String(command[0]), command.slice(1).map(String))
      : await run('/bin/sh', ['-c', String(command)])
    if (code !== 0) failures += 1
  }
  return failures
}

function listOf(value: YamlValue | undefined): YamlValue[] {
  if (value === undefined || value === null) return []
  if (!Array.isArray(value)) throw new Error('a list was expected')
  return value
}

function writeOne(file: YamlValue): void {
  if (typeof file !== 'object' || file === null || Array.isArray(file))
    throw new Error('write_files: a mapping was expected')
  const path = String(file.path ?? '')
  const encoding = String(file.encoding ?? 'text/plain')
  const content = String(file.content ?? '')
  const bytes = /^(?:b64|base64|gz\+b64|gz\+base64|gzip\+base64)$/.test(encoding)
    ? Buffer.from(content, 'base64')
    : Buffer.from(content)
  mkdirSync(dirname(path), { recursive: true })
  const flag = file.append === true ? 'a' : 'w'
  writeFileSync(path, encoding.startsWith('gz') ? gunzipSync(bytes) : bytes, { flag })
  chmodSync(path, Number.parseInt(String(file.permissions ?? '0644'), 8))
}
