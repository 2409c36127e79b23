import { invalid, type S3Config } from './config.ts'

const WORDS: Record<string, (value: string) => S3Setting> = {
  region: (region) => ({ region }),
  endpoint: (endpoint) => ({ endpoint }),
  'path-style': (value) => ({ pathStyle: yes('path-style', value) }),
  'allow-http': (value) => ({ allowHttp: yes('allow-http', value) }),
  'read-back': (value) => ({ readBack: yes('read-back', value) }),
  lifecycle: (value) => ({ lifecycle: value as NonNullable<S3Config['lifecycle']> }),
}

type S3Setting = Partial<S3Config>

/**
 * `s3://bucket/prefix?region=eu-west-1&endpoint=https://...` as settings, which are still to be checked. INVALID_ARGUMENT; what the URL
 * says is not repeated, because people put secrets into URLs.
 */
export function parseS3Url(text: string): S3Config {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url?.protocol !== 's3:' || url.hostname === '')
    throw invalid('a place for blobs is written s3://bucket/prefix')
  if (url.username !== '' || url.password !== '')
    throw invalid(
      'keys do not belong into the URL, which ends up in logs: give them in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or let the machine have a role',
    )
  if (url.port !== '' || url.hash !== '')
    throw invalid('the URL has a port or a fragment, which mean nothing')
  const folders = decodeURIComponent(url.pathname).split('/').filter(Boolean)
  const config: S3Config = { bucket: url.hostname, prefix: folders.map((folder) => `${folder}/`).join('') }
  for (const [name, value] of url.searchParams) {
    const setting = WORDS[name]
    if (!setting)
      throw invalid(`the URL says ${JSON.stringify(name)}; known are ${Object.keys(WORDS).join(', ')}`)
    Object.assign(config, setting(value))
  }
  return config
}

function yes(name: string, value: string): boolean {
  if (value === 'true' || value === 'false') return value === 'true'
  throw invalid(`${name}: must be true or false`)
}
