import { Ajv, type ValidateFunction } from 'ajv'
import addFormats from 'ajv-formats'
import type { TSchema } from '@sinclair/typebox'
import { ajvOptions } from './validation-errors.ts'

const exact = addFormats.default(new Ajv(ajvOptions))
const coercing = addFormats.default(new Ajv({ ...ajvOptions, coerceTypes: true }))
const compileExactOnce = compileOnce(exact)

/** Compiles the schema of a body. Validation reports every mistake and never changes the body. */
export function compileExact(schema: TSchema): ValidateFunction {
  return (typeof schema.$id === 'string' && exact.getSchema(schema.$id)) || compileExactOnce(schema)
}

/** Compiles the schema of a query string. Its values are strings and are coerced: `"50"` becomes 50 for a number. */
export const compileCoercing = compileOnce(coercing)

/** Compiles by content: Ajv itself knows, and keeps, schemas by identity, and each api builds those of its routes anew. */
function compileOnce(ajv: Ajv): (schema: TSchema) => ValidateFunction {
  const compiled = new Map<string, ValidateFunction>()
  return (schema) => {
    const text = JSON.stringify(schema)
    const known = compiled.get(text)
    if (known) return known
    const validate = ajv.compile(schema)
    compiled.set(text, validate)
    return validate
  }
}
