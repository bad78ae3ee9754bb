import { PatientEncounterRequest, type PatientEncounter } from '@encounter-gateway/shared/contract/patient-encounter.ts'
import { Type } from '@sinclair/typebox'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { setMaxListeners } from 'node:events'
import { setTimeout as after } from 'node:timers/promises'
import { creates, type Behaviour, type Fault } from './behaviour.ts'
import type { Encounters, ListedEncounter } from './encounters.ts'
import type { Faults } from './faults.ts'
import { magic, Turns } from './magic.ts'
import { problem } from './problem.ts'

const { UserId, PatientId, PatientIdType, Encounter } = PatientEncounterRequest.properties
/** The gateway's own request without what is for the gateway alone: that must not reach an EMR. */
const Body = Type.Object({ UserId, PatientId, PatientIdType, Encounter }, { additionalProperties: false })
const Headers = Type.Object({ 'correlation-key': Type.String({ minLength: 1, maxLength: 64 }) })
const Query = Type.Object(
  {
    correlationKey: Type.Optional(Type.String()),
    limit: Type.Optional(Type.String({ pattern: '^[1-9][0-9]{0,4}$' })),
    after: Type.Optional(Type.String()),
  },
  { additionalProperties: false },
)

type Post = { Body: PatientEncounter; Headers: { 'correlation-key': string } }
type List = { Querystring: { correlationKey?: string; limit?: string; after?: string } }
type Parts = { encounters: Encounters; faults: Faults; slowMs: number; timeoutMs: number }

/** `/encounters`: creates, finds, lists, shows and forgets encounters. */
export async function encounterRoutes(
  app: FastifyInstance,
  { encounters, faults, slowMs, timeoutMs }: Parts,
): Promise<void> {
  const turns = new Turns()
  const closing = new AbortController()
  setMaxListeners(0, closing.signal)
  app.addHook('preClose', async () => closing.abort())
  const pause = async (ms: number) => (ms > 0 ? after(ms, undefined, { signal: closing.signal }) : undefined)

  app.post<Post>(
    '/encounters',
    { onRequest: requireLogin, schema: { body: Body, headers: Headers } },
    async (request, reply) => {
      const key = request.headers['correlation-key']
      const receivedAt = performance.now()
      const trick = magic[request.body.PatientId]?.behaviour(turns.next(request.body.PatientId, key), {
        slowMs,
        timeoutMs,
      })
      const { fault, answerAfterMs = 0 } = join(faults.draw(faults.settings.faultRate), trick)
      let created: ListedEncounter | undefined
      if (creates(fault)) {
        await pause(faults.settings.commitDelayMs)
        created = encounters.add(key, request.body)
      }
      await pause(answerAfterMs - (performance.now() - receivedAt))
      if (fault !== undefined) return misbehave(fault, reply)
      const { EncounterId, AlternativeIdentifiers } = created ?? {}
      return reply
        .code(201)
        .header('location', `/encounters/${EncounterId}`)
        .send({ EncounterId, AlternativeIdentifiers })
    },
  )

  app.get<List>('/encounters', { schema: { querystring: Query } }, async ({ query }, reply) => {
    if (query.correlationKey === undefined) return encounters.page(query.after, Number(query.limit ?? 100))
    const { fault, answerAfterMs = 0 } = faults.draw(faults.settings.findFaultRate)
    await pause(answerAfterMs)
    return fault === undefined ? encounters.under(query.correlationKey) : misbehave(fault, reply)
  })

  app.get<{ Params: { id: string } }>('/encounters/:id', async ({ params }, reply) => {
    return encounters.get(params.id) ?? reply.code(404).type('application/problem+json').send(problem(404))
  })

  app.delete('/encounters', async (_request, reply) => {
    encounters.clear()
    turns.clear()
    return reply.code(204).send()
  })
}

/** A magic PatientId has the last word on what happens, and the longer delay counts. */
function join(drawn: Behaviour, trick: Behaviour | undefined): Behaviour {
  return trick ? { ...trick, answerAfterMs: Math.max(drawn.answerAfterMs ?? 0, trick.answerAfterMs ?? 0) } : drawn
}

/** Any LoginId, password or token will do, but there must be one. */
async function requireLogin(request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  // a Bearer token may hold spaces here: that of the seed's sample does
  const [, scheme, value = ''] = /^(basic|bearer) (.+)$/i.exec(request.headers.authorization ?? '') ?? []
  const given =
    scheme?.toLowerCase() === 'basic' ? /^[^:]+:/.test(Buffer.from(value, 'base64').toString()) : scheme !== undefined
  if (given) return undefined
  reply.header('www-authenticate', 'Basic realm="Sandbox EMR"')
  return reply.code(401).type('application/problem+json').send(problem(401))
}

function misbehave(fault: Fault, reply: FastifyReply): FastifyReply {
  if (fault === 'drop-before' || fault === 'drop-after') {
    reply.hijack()
    reply.raw.destroy()
    return reply
  }
  const status = fault === '502-after' ? 502 : fault
  if (status === 429 || status === 503) reply.header('retry-after', '2')
  const objections = status === 400 ? [{ Pointer: '/PatientId', Message: 'is refused by the Sandbox EMR' }] : []
  return reply.code(status).type('application/problem+json').send(problem(status, objections))
}
