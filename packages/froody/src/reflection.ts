import { type ArgSpec, parseArgSpec } from './arguments.ts'
import { FROODY_CODES, FroodyError } from './froody-error.ts'
import type { Registry, Service } from './registry.ts'

/** Error types that any service may answer with, and what they mean. */
export const ERROR_TYPES: Readonly<Record<string, string>> = {
  [FROODY_CODES.noSuchMethod]: 'No service of that name is published here.',
  [FROODY_CODES.param]: 'An argument is missing or wrong; the message names it.',
  [FROODY_CODES.method]: 'The service itself failed.',
  [FROODY_CODES.noSuchErrorType]: 'There is no error type of that code.',
}

const ARGUMENT = '<argument name="" optional="" type=""/><argument/>'
const METHOD =
  `<method name="" needslogin=""><description/><response/><arguments>${ARGUMENT}</arguments>` +
  '<errors><error code="" message=""/><error/></errors></method>'

const SPECIFICATION =
  `<spec><methods>${METHOD}<method/></methods>` +
  '<errortypes><errortype code=""/><errortype/></errortypes></spec>'

/** The reflection methods, by name, over the services of a registry and themselves. */
export function reflectionServices(registry: Registry): Registry {
  const services = new Map<string, Service>()
  const all = (): [string, Service][] =>
    [...registry, ...services].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  const add = (name: string, example: string, argSpec: ArgSpec, fn: (argument?: unknown) => unknown) => {
    // The names are given, not read off the function: a bundler may have renamed its parameters.
    const parameterNames = Object.keys(argSpec)
    services.set(`froody.reflection.${name}`, { fn, example, argSpec, parameterNames })
  }
  add('getMethods', '<methods><method/><method/></methods>', {}, () => ({
    method: all().map(([name]) => name),
  }))
  add('getMethodInfo', METHOD, { method_name: { doc: 'Name of the method to describe.' } }, (name) => {
    const found = registry.get(String(name)) ?? services.get(String(name))
    if (!found) throw noSuchMethod(String(name))
    return methodInfo(String(name), found)
  })
  add('getErrorTypes', '<errortypes><errortype/><errortype/></errortypes>', {}, () => ({
    errortype: Object.keys(ERROR_TYPES).sort(),
  }))
  add('getErrorTypeInfo', '<errortype code=""/>', { code: { doc: 'Code of the error type.' } }, (code) =>
    errorTypeInfo(String(code)),
  )
  add('getSpecification', SPECIFICATION, {}, () => ({
    methods: { method: all().map(([name, found]) => methodInfo(name, found)) },
    errortypes: { errortype: Object.keys(ERROR_TYPES).sort().map(errorTypeInfo) },
  }))
  return services
}

/** Names that a program cannot publish over. */
export const REFLECTION_METHODS: readonly string[] = [
  'getErrorTypeInfo',
  'getErrorTypes',
  'getMethodInfo',
  'getMethods',
  'getSpecification',
].map((name) => `froody.reflection.${name}`)

export const noSuchMethod = (name: string): FroodyError =>
  new FroodyError(FROODY_CODES.noSuchMethod, `Method '${name.slice(0, 200)}' not found.`)

function methodInfo(name: string, service: Service): unknown {
  return {
    name,
    needslogin: 0,
    description: '',
    // The example travels as text, as Froody's own repositories send it.
    response: service.example?.trim() ?? '',
    arguments: {
      argument: parseArgSpec(service.argSpec).map((argument) => ({
        name: argument.name,
        optional: argument.optional ? 1 : 0,
        type: argument.multiple ? 'csv' : argument.type,
        '-text': argument.doc,
      })),
    },
    errors: { error: [{ code: FROODY_CODES.param, message: ERROR_TYPES[FROODY_CODES.param] }] },
  }
}

function errorTypeInfo(code: string): unknown {
  if (!Object.hasOwn(ERROR_TYPES, code))
    throw new FroodyError(FROODY_CODES.noSuchErrorType, `Error type '${code.slice(0, 200)}' not found.`)
  return { code, '-text': ERROR_TYPES[code] }
}
