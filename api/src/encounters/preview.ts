import type { Application } from '@encounter-gateway/shared/config/schema.ts'
import type { PatientEncounter } from '@encounter-gateway/shared/contract/patient-encounter.ts'
import type { Preview } from '@encounter-gateway/shared/contract/preview.ts'
import { openPreviews } from '@encounter-gateway/shared/records/previews.ts'
import type { RedisClient } from '@encounter-gateway/shared/redis/connect.ts'
import type { SealingKeys } from '@encounter-gateway/shared/sealing/seal.ts'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import type { EmrConnection } from '../connections/connections.ts'
import { Refusal } from '../http/refusal.ts'

/** A worker renders in milliseconds; this is for one that is busy. */
const PATIENCE_MS = 5_000
/** Previews at a time in this process: each is work for every worker. */
const MOST_AT_ONCE = 20

declare module 'fastify' {
  interface FastifyInstance {
    /**
     * What a request would become at the EMR. Throws a 400 if the connection would refuse its content, a 503 if no worker
     * answers or too many previews are under way.
     */
    preview(connection: EmrConnection, application: Application, encounter: PatientEncounter): Promise<Preview>
  }
}

/** Asks the workers, who know the EMRs, for previews. */
export const previews = fp(
  async function previews(
    app: FastifyInstance,
    about: { redis: RedisClient; subscriber: RedisClient; sealingKeys: SealingKeys },
  ) {
    const asked = await openPreviews(about.redis, about.subscriber, about.sealingKeys)
    let underWay = 0
    app.decorate('preview', async ({ settings }, { name: application }, encounter): Promise<Preview> => {
      const { emrSystem, emrInstance } = settings
      if (underWay >= MOST_AT_ONCE) throw unavailable('Too many previews are under way.')
      underWay++
      const about = { emrSystem, emrInstance, application, encounter }
      const answer = await asked.ask(about, PATIENCE_MS).finally(() => underWay--)
      if (!answer) throw unavailable('No worker of this connection answers.')
      if (answer.kind === 'rendered') return { EMRSystem: emrSystem, EmrInstance: emrInstance, ...answer.preview }
      const Errors = answer.pointers.map((Pointer) => ({ Pointer, Message: answer.because }))
      throw new Refusal('emr-rejected-content', `This request would fail: ${answer.because}.`, { Errors })
    })
    app.addHook('preClose', async () => asked.close())
  },
  { name: 'previews' },
)

function unavailable(why: string): Refusal {
  return new Refusal('unavailable', `${why} Nothing was stored or sent; try again.`, {}, { 'Retry-After': '5' })
}
