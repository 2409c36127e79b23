import type { StoredObject } from '../contract.ts'

const NEWLINE = 10

/** Objects that come as lines of JSON, parsed as they come. */
export async function readObjectLines(body: AsyncIterable<Uint8Array>): Promise<StoredObject[]> {
  const objects: StoredObject[] = []
  let begun: Uint8Array[] = []
  for await (const chunk of body) {
    let start = 0
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      begun.push(chunk.subarray(start, end))
      objects.push(JSON.parse(Buffer.concat(begun).toString()) as StoredObject)
      begun = []
      start = end + 1
    }
    if (start < chunk.length) begun.push(Buffer.from(chunk.subarray(start)))
  }
  return objects
}
