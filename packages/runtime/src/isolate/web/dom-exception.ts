import { captureStackTrace } from './primordials.ts'

const CODES: Record<string, number> = {
  __proto__: null as never,
  IndexSizeError: 1,
  HierarchyRequestError: 3,
  WrongDocumentError: 4,
  InvalidCharacterError: 5,
  NoModificationAllowedError: 7,
  NotFoundError: 8,
  NotSupportedError: 9,
  InUseAttributeError: 10,
  InvalidStateError: 11,
  SyntaxError: 12,
  InvalidModificationError: 13,
  NamespaceError: 14,
  InvalidAccessError: 15,
  TypeMismatchError: 17,
  SecurityError: 18,
  NetworkError: 19,
  AbortError: 20,
  URLMismatchError: 21,
  QuotaExceededError: 22,
  TimeoutError: 23,
  InvalidNodeTypeError: 24,
  DataCloneError: 25,
}

/** https://webidl.spec.whatwg.org/#idl-DOMException, with `cause` as Node has it. */
export class DOMException extends Error {
  #message: string
  #name: string

  constructor(message: unknown = '', options: unknown = 'Error') {
    super()
    this.#message = `${message as string}`
    const named =
      typeof options === 'object' && options !== null ? (options as { name?: unknown }) : undefined
    this.#name = `${(named ? (named.name ?? 'Error') : options) as string}`
    if (named && 'cause' in named) {
      Object.defineProperty(this, 'cause', { value: named.cause, configurable: true, writable: true })
    }
    captureStackTrace(this, DOMException)
  }

  override get name(): string {
    return this.#name
  }

  override get message(): string {
    return this.#message
  }

  get code(): number {
    return CODES[this.#name] ?? 0
  }

  static {
    for (const [name, code] of Object.entries(CODES)) {
      const constant = constantName(name)
      Object.defineProperty(DOMException, constant, { value: code, enumerable: true })
      Object.defineProperty(DOMException.prototype, constant, { value: code, enumerable: true })
    }
  }
}

/** `InvalidStateError` to `INVALID_STATE_ERR`. */
function constantName(name: string): string {
  if (name === 'URLMismatchError') return 'URL_MISMATCH_ERR'
  const words = name.replace(/Error$/, '').replace(/(?<=[a-z])(?=[A-Z])/g, '_')
  return `${words.toUpperCase()}_ERR`
}
