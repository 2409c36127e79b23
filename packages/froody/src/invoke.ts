import { matchArguments } from './arguments.ts'
import { envelopeFail, envelopeOk } from './envelope.ts'
import { exampleOf } from './example.ts'
import { FROODY_CODES, FroodyError } from './froody-error.ts'
import { functionParameterNames } from './function-parameters.ts'
import { pour } from './pour.ts'
import { pourJson } from './pour-json.ts'
import { noSuchMethod, reflectionServices } from './reflection.ts'
import type { Registry, Service } from './registry.ts'

export interface ServiceResponse {
  body: string
  /** With the charset, for the header. */
  mimetype: string
}

export interface InvokeOptions {
  /**
   * Called with what a service threw, unless it is a FroodyError; says what the caller is told. Without it: the `code`
   * of the error if that is dotted words, else `perl.methodcall`, and the message.
   */
  describeError?: (thrown: unknown, method: string) => { code: string; message: string; data?: unknown }
}

/**
 * One request to `/zimki`: calls `params.method` of the registry, or a reflection method, and answers in the form that
 * `_type` (`xml`, `json`) and `_json_callback` ask for. Never throws: every failure is an answer with `stat="fail"`.
 */
export function invoke(
  registry: Registry,
  params: Record<string, unknown>,
  options: InvokeOptions = {},
): ServiceResponse {
  const form = formOf(params)
  const method = text(own(params, 'method'))
  try {
    if (form.fault) throw form.fault
    if (method === '') throw new FroodyError(FROODY_CODES.param, 'Missing argument: method')
    const service = registry.get(method) ?? reflectionServices(registry).get(method)
    if (!service) throw noSuchMethod(method)
    return respondOk(form, exampleOf(method, service.example ?? ''), call(service, params))
  } catch (thrown) {
    return respondFail(form, describe(thrown, method, options))
  }
}

interface Form {
  json: boolean
  callback: string
  fault?: FroodyError
}

/** A path of identifiers and nothing else, or a script could be smuggled into the answer. */
const CALLBACK = /^[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)*$/

function formOf(params: Record<string, unknown>): Form {
  const type = text(own(params, '_type')) || 'xml'
  const callback = text(own(params, '_json_callback'))
  if (type !== 'xml' && type !== 'json')
    return {
      json: false,
      callback: '',
      fault: new FroodyError(FROODY_CODES.param, '_type must be xml or json'),
    }
  if (type === 'json' && callback !== '' && !(callback.length <= 128 && CALLBACK.test(callback)))
    return {
      json: true,
      callback: '',
      fault: new FroodyError(FROODY_CODES.param, '_json_callback must be a name such as app.onData'),
    }
  return { json: type === 'json', callback: type === 'json' ? callback : '' }
}

function call(service: Service, params: Record<string, unknown>): unknown {
  const names = service.parameterNames ?? functionParameterNames(Function.prototype.toString.call(service.fn))
  const args = matchArguments(names, service.argSpec, params)
  return (service.fn as (...values: unknown[]) => unknown)(...args)
}

function respondOk(form: Form, example: ReturnType<typeof exampleOf>, data: unknown) {
  if (!form.json) return xmlResponse(envelopeOk(pour(data, example)))
  return jsonResponse(form, { stat: 'ok', data: pourJson(data, example) })
}

function respondFail(form: Form, error: { code: string; message: string; data?: unknown }): ServiceResponse {
  if (!form.json) return xmlResponse(envelopeFail(error.code, error.message, error.data))
  return jsonResponse(form, { stat: 'fail', data: { code: error.code, msg: error.message } })
}

function describe(thrown: unknown, method: string, options: InvokeOptions) {
  if (thrown instanceof FroodyError) return { code: thrown.code, message: thrown.message, data: thrown.data }
  if (options.describeError) return options.describeError(thrown, method)
  const code = own(Object(thrown) as Record<string, unknown>, 'code')
  return {
    code: typeof code === 'string' && /^\w+(?:\.\w+)*$/.test(code) ? code : FROODY_CODES.method,
    message: thrown instanceof Error ? thrown.message : String(thrown),
  }
}

const xmlResponse = (body: string): ServiceResponse => ({ body, mimetype: 'text/xml; charset=utf-8' })

/** `<` and the two line separators are escaped, so that the answer is harmless wherever it is read as HTML or script. */
function jsonResponse(form: Form, value: unknown): ServiceResponse {
  const json = JSON.stringify(value).replace(
    /[<\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
  return form.callback === ''
    ? { body: json, mimetype: 'application/json; charset=utf-8' }
    : { body: `${form.callback}(${json});`, mimetype: 'text/javascript; charset=utf-8' }
}

const own = (params: Record<string, unknown>, name: string): unknown =>
  Object.hasOwn(params, name) ? params[name] : undefined

/** A parameter given twice counts with its first value. */
const text = (value: unknown): string => {
  const first = Array.isArray(value) ? value[0] : value
  return typeof first === 'string' ? first : ''
}
