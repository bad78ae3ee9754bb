import { Ajv, type ValidateFunction } from 'ajv'
import addFormats from 'ajv-formats'
import type { TSchema } from '@sinclair/typebox'
import { ajvOptions } from './validation-errors.ts'

const exact = addFormats.default(new Ajv(ajvOptions))
const coercing = addFormats.default(new Ajv({ ...ajvOptions, coerceTypes: true }))

/** Compiles the schema of a body. Validation reports every mistake and never changes the body. */
export function compileExact(schema: TSchema): ValidateFunction {
  return (typeof schema.$id === 'string' && exact.getSchema(schema.$id)) || exact.compile(schema)
}

/** Compiles the schema of a query string. Its values are strings and are coerced: `"50"` becomes 50 for a number. */
export function compileCoercing(schema: TSchema): ValidateFunction {
  return coercing.compile(schema)
}
