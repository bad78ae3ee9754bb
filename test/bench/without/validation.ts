import type { validation as original } from '../../../api/src/http/validation.ts'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'

/** Every body is accepted. */
export const validation: typeof original = fp(
  async function validation(app: FastifyInstance) {
    app.setValidatorCompiler(() => () => true)
  },
  { name: 'validation' },
)
