import { Ajv, type ValidateFunction } from 'ajv'
import addFormats from 'ajv-formats'
import type { TSchema } from '@sinclair/typebox'
import { ajvOptions } from './validation-errors.ts'

const exact = addFormats.default(new Ajv(ajvOptions))
const coercing = addFormats.default(new Ajv({ ...ajvOptions, coerceTypes: true }))

/** Compiles the schema of a body: taken as it is or refused with all its mistakes, never changed. */
export function compileExact(schema: TSchema): ValidateFunction {
  return (typeof schema.$id === 'string' && exact.getSchema(schema.$id)) || exact.compile(schema)
}

/** Compiles the schema of a query string, whose values are all texts: `"50"` becomes 50 where a number is wanted. */
export function compileCoercing(schema: TSchema): ValidateFunction {
  return coercing.compile(schema)
}
