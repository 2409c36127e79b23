import { describe, expect, it } from '@jest/globals'
import { checkConfig } from './config.ts'
import { parseS3Url } from './s3-url.ts'

const settings = (url: string) => checkConfig(parseS3Url(url))

describe('the URL of a place for blobs', () => {
  it('is bucket, folders and what else S3 needs', () => {
    expect(settings('s3://our-bucket')).toMatchObject({ bucket: 'our-bucket', prefix: '', pathStyle: false })
    expect(settings('s3://our-bucket/a/b/?region=eu-west-1&lifecycle=manage')).toMatchObject({
      ...{ bucket: 'our-bucket', prefix: 'a/b/', region: 'eu-west-1', lifecycle: 'manage' },
    })
    expect(settings('s3://b-1/p?endpoint=https://minio.lan:9000&read-back=true')).toMatchObject({
      ...{ endpoint: 'https://minio.lan:9000', pathStyle: true, readBack: true },
    })
  })

  it.each([
    ['http://bucket/x', /is written s3:/],
    ['s3:///x', /is written s3:/],
    ['our-bucket', /is written s3:/],
    ['s3://AKIA123:TOPSECRET@bucket', /keys do not belong into the URL/],
    ['s3://bucket?secret=TOPSECRET', /the URL says "secret"; known are region/],
    ['s3://bucket:99/x', /port or a fragment/],
    ['s3://bucket/x#TOPSECRET', /port or a fragment/],
    ['s3://bucket/a%2F..%2Fb', /prefix: must not have/],
    ['s3://bucket/a b', /prefix: must be folders/],
    ['s3://b/x', /bucket: must be the name/],
    ['s3://bucket?path-style=maybe', /path-style: must be true or false/],
    ['s3://bucket?lifecycle=TOPSECRET', /lifecycle/],
    ['s3://bucket?endpoint=http://minio.lan:9000', /over plain HTTP anybody on the way can read/],
    ['s3://bucket?endpoint=https://ann:TOPSECRET@minio.lan', /endpoint: must be an origin/],
    ['s3://bucket?endpoint=https://minio.lan/path', /endpoint: must be an origin/],
    ['s3://bucket?endpoint=ftp://minio.lan', /endpoint/],
  ])('%s is refused without repeating it', (url, says) => {
    const refused = (() => {
      try {
        return JSON.stringify(settings(url))
      } catch (error) {
        return error as Error & { code?: string }
      }
    })()
    expect(refused).toMatchObject({ code: 'INVALID_ARGUMENT', message: expect.stringMatching(says) })
    expect(String(refused)).not.toContain('TOPSECRET')
  })

  it('lets plain HTTP go to this machine, and elsewhere only when told', () => {
    expect(settings('s3://bucket?endpoint=http://127.0.0.1:9000').endpoint).toBe('http://127.0.0.1:9000')
    expect(settings('s3://bucket?endpoint=http://minio.lan&allow-http=true').allowHttp).toBe(true)
  })
})
