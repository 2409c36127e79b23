import { Blob, File } from './blob.ts'
import { requireArguments, toUSVString } from './webidl.ts'

export type FormDataValue = string | File
type Entry = [name: string, value: FormDataValue]

/** https://xhr.spec.whatwg.org/#interface-formdata */
export class FormData {
  #entries: Entry[] = []

  constructor(form?: unknown) {
    if (form !== undefined) throw new TypeError('FormData: there are no HTML forms here to read from')
  }

  append(name: string, value: unknown, filename?: string): void {
    requireArguments(arguments.length, 2, 'FormData.append')
    this.#entries.push([toUSVString(name), toValue(value, filename, arguments.length)])
  }

  delete(name: string): void {
    requireArguments(arguments.length, 1, 'FormData.delete')
    const wanted = toUSVString(name)
    this.#entries = this.#entries.filter(([each]) => each !== wanted)
  }

  get(name: string): FormDataValue | null {
    requireArguments(arguments.length, 1, 'FormData.get')
    const wanted = toUSVString(name)
    return this.#entries.find(([each]) => each === wanted)?.[1] ?? null
  }

  getAll(name: string): FormDataValue[] {
    requireArguments(arguments.length, 1, 'FormData.getAll')
    const wanted = toUSVString(name)
    return this.#entries.filter(([each]) => each === wanted).map(([, value]) => value)
  }

  has(name: string): boolean {
    requireArguments(arguments.length, 1, 'FormData.has')
    const wanted = toUSVString(name)
    return this.#entries.some(([each]) => each === wanted)
  }

  set(name: string, value: unknown, filename?: string): void {
    requireArguments(arguments.length, 2, 'FormData.set')
    const entry: Entry = [toUSVString(name), toValue(value, filename, arguments.length)]
    const first = this.#entries.findIndex(([each]) => each === entry[0])
    if (first < 0) this.#entries.push(entry)
    else this.#entries = this.#entries.flatMap((each, at) => replaced(each, at, first, entry))
  }

  forEach(callback: (value: FormDataValue, name: string, form: FormData) => void, thisArg?: unknown): void {
    requireArguments(arguments.length, 1, 'FormData.forEach')
    for (const [name, value] of this.entries()) callback.call(thisArg, value, name, this)
  }

  *entries(): Generator<Entry, undefined> {
    for (let index = 0; index < this.#entries.length; index++) {
      const [name, value] = this.#entries[index]!
      yield [name, value]
    }
  }

  *keys(): Generator<string, undefined> {
    for (const [name] of this.entries()) yield name
  }

  *values(): Generator<FormDataValue, undefined> {
    for (const [, value] of this.entries()) yield value
  }

  [Symbol.iterator](): Generator<Entry, undefined> {
    return this.entries()
  }
}

function replaced(each: Entry, at: number, first: number, entry: Entry): Entry[] {
  if (each[0] !== entry[0]) return [each]
  return at === first ? [entry] : []
}

/** "Create an entry": a Blob becomes a File. A file name is for files only. */
function toValue(value: unknown, filename: unknown, given: number): FormDataValue {
  if (!(value instanceof Blob)) {
    if (given > 2) throw new TypeError('FormData: a file name can be given only with a Blob or File')
    return toUSVString(value)
  }
  if (value instanceof File && filename === undefined) return value
  const name = filename === undefined ? 'blob' : toUSVString(filename)
  const lastModified = value instanceof File ? value.lastModified : undefined
  return new File([value], name, { type: value.type, lastModified })
}
