/** Calls as a type: an interface of method name to `[params, result]`, such as core's AgentCalls. Both are plain JSON. */
export type Method<Calls> = keyof Calls & string

export type Params<Calls, M extends Method<Calls>> = Calls[M] extends [infer P, unknown] ? P : never

export type Result<Calls, M extends Method<Calls>> = Calls[M] extends [unknown, infer R] ? R : never
