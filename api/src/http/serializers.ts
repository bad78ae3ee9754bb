import { SerializerSelector, type SerializerFactory } from '@fastify/fast-json-stringify-compiler'

type Serialize = ReturnType<ReturnType<SerializerFactory>>

/** By the text of the schema and of those that it refers to, which determine the serializer. */
const compiled = new Map<string, Serialize>()

/**
 * Compiles each reply's schema once in a process, with only those shared schemas that it refers to. Every route can reply
 * with the same dozen problems, and each compilation checks all schemas that it is given: without this the api spends
 * a second of CPU on it at each start.
 */
export const buildSerializer: SerializerFactory = (shared, options) => {
  const compile = SerializerSelector()
  return (route) => {
    const text = JSON.stringify(route.schema)
    const needed = referredTo(text, shared as Record<string, unknown>)
    const name = [text, ...needed.map(([, schema]) => JSON.stringify(schema))].join('\n')
    const known = compiled.get(name)
    if (known) return known
    const serialize = compile(Object.fromEntries(needed), options)(route)
    compiled.set(name, serialize)
    return serialize
  }
}

/** The shared schemas that this one refers to by `$ref`, directly and by way of others. */
function referredTo(text: string, shared: Record<string, unknown>): [id: string, schema: unknown][] {
  const found = new Map<string, unknown>()
  const follow = (schema: string) => {
    for (const [, id = ''] of schema.matchAll(/"\$ref":"([^"#]+)/g)) {
      if (found.has(id) || !(id in shared)) continue
      found.set(id, shared[id])
      follow(JSON.stringify(shared[id]))
    }
  }
  follow(text)
  return [...found]
}
