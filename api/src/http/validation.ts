import { compileCoercing, compileExact } from '@encounter-gateway/shared/contract/compile.ts'
import type { TSchema } from '@sinclair/typebox'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'

/**
 * Bodies are checked as they are, query strings with their texts made into numbers. Headers and path parameters are checked
 * by the routes, which tell mistakes in them together with those in the body; their schemas are there for the reference.
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
