import type { FastifyInstance } from 'fastify'
import { overfull, Settings, type Faults } from './faults.ts'
import { problem } from './problem.ts'

/** `/control`: reads, replaces and resets how the Sandbox EMR misbehaves. Answers also while it is down or hangs. */
export async function controlRoutes(app: FastifyInstance, { faults }: { faults: Faults }): Promise<void> {
  app.get('/control', async () => faults.settings)

  app.put<{ Body: Settings }>('/control', { schema: { body: Settings } }, async (request, reply) => {
    const tooMuch = overfull(request.body)
    if (tooMuch) {
      const objections = [{ Pointer: `/${tooMuch}`, Message: 'has shares that add up to more than 1' }]
      return reply.code(400).type('application/problem+json').send(problem(400, objections))
    }
    faults.set(request.body)
    return faults.settings
  })

  app.delete('/control', async (_request, reply) => {
    faults.reset()
    return reply.code(204).send()
  })
}
