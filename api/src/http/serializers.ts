import { SerializerSelector, type SerializerFactory } from '@fastify/fast-json-stringify-compiler'

/**
 * Compiles each reply's schema once. Every route can reply with the same dozen problems, and each compilation checks all
 * shared schemas anew: without this the api spends half a second of CPU on it at each start.
 */
export const buildSerializer: SerializerFactory = (shared, options) => {
  const compile = SerializerSelector()(shared, options)
  const compiled = new Map<string, ReturnType<typeof compile>>()
  return (route) => {
    const name = JSON.stringify(route.schema)
    const known = compiled.get(name)
    if (known) return known
    const serialize = compile(route)
    compiled.set(name, serialize)
    return serialize
  }
}
