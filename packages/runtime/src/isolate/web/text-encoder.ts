import { encodeInto, encodeUtf8 } from './utf8.ts'
import { requireArguments } from './webidl.ts'

/** https://encoding.spec.whatwg.org/#interface-textencoder */
export class TextEncoder {
  get encoding(): string {
    return 'utf-8'
  }

  encode(input: string = ''): Uint8Array<ArrayBuffer> {
    return encodeUtf8(`${input}`)
  }

  encodeInto(source: string, destination: Uint8Array): { read: number; written: number } {
    requireArguments(arguments.length, 2, 'TextEncoder.encodeInto')
    if (!(destination instanceof Uint8Array)) {
      throw new TypeError('TextEncoder.encodeInto: the second argument must be a Uint8Array')
    }
    return encodeInto(`${source}`, destination)
  }
}
