import { get } from 'node:http'

/** Milliseconds until one request has its whole answer; rejects when that is not a good one. */
export function askOnce(url: string, host: string | undefined): Promise<number> {
  return new Promise((resolve, reject) => {
    const startMs = performance.now()
    const request = get(url, host === undefined ? {} : { headers: { host } }, (response) => {
      response.resume()
      response.once('end', () => {
        if (response.statusCode === 200) resolve(performance.now() - startMs)
        else reject(new Error(`${url} answered ${response.statusCode}`))
      })
    })
    request.once('error', reject)
  })
}
