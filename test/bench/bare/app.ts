import { PatientEncounterRequest } from '@encounter-gateway/shared/contract/patient-encounter.ts'
import { Type, type TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import { fastify, LogController } from 'fastify'
import { pino } from 'pino'

/** Puts a valid body into a queue; returns the job's id once the queue has it durably. */
export type Enqueue = (body: PatientEncounterRequest) => Promise<string>

const schema = {
  params: Type.Object({ EMRSystem: Type.String() }),
  body: PatientEncounterRequest,
  response: { 202: Type.Object({ JobId: Type.String(), Status: Type.String() }) },
}

/**
 * What one would write instead of the gateway: one route that validates with the same TypeBox schema, as Fastify
 * compiles it, and queues the body in clear. No keys, no sealing, no idempotency, no limits. It logs as the gateway
 * does: at level info nothing about an accepted request.
 */
export function buildBareApp(enqueue: Enqueue) {
  const app = fastify({
    loggerInstance: pino({ name: 'bare-api', level: process.env['LOG_LEVEL'] ?? 'info' }),
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: 1024 * 1024,
  }).withTypeProvider<TypeBoxTypeProvider>()
  app.addHook('onResponse', async (request, reply) => {
    request.log.debug({ status: reply.statusCode, ms: Math.round(reply.elapsedTime) }, 'request.handled')
  })
  app.post('/api/v1/:EMRSystem/PatientEncounters', { schema }, async (request, reply) => {
    const JobId = await enqueue(request.body)
    return reply.code(202).header('Location', `/api/v1/Jobs/${JobId}`).send({ JobId, Status: 'Queued' })
  })
  return app
}

/** Listens on PORT. */
export async function serveBareApp(enqueue: Enqueue): Promise<void> {
  const app = buildBareApp(enqueue)
  await app.listen({ host: '127.0.0.1', port: Number(process.env['PORT']) })
}
