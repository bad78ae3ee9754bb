import { compileCoercing, compileExact } from '@encounter-gateway/shared/contract/compile.ts'
import type { TSchema } from '@sinclair/typebox'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'

/**
 * Validates bodies without coercion and query strings with it. The routes validate headers and path parameters, to
 * report their mistakes together with those of the body; the schemas of these are only for the API reference.
 */
export const validation = fp(
  async function validation(app: FastifyInstance) {
    app.setValidatorCompiler<TSchema>(({ schema, httpPart }) => {
      if (httpPart === 'body') return compileExact(schema)
      return httpPart === 'querystring' ? compileCoercing(schema) : () => true
    })
  },
  { name: 'validation' },
)
