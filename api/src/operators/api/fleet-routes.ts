import { cachedFor } from '@encounter-gateway/shared/cached-for.ts'
import { Readiness } from '@encounter-gateway/shared/contract/readiness.ts'
import { refTo } from '@encounter-gateway/shared/contract/schema-forms.ts'
import { readFleet } from '@encounter-gateway/shared/records/fleet.ts'
import { readRedisHealth } from '@encounter-gateway/shared/redis/health.ts'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { EmrConnection } from '../../connections/connections.ts'
import { documented, problemReplies } from '../../http/documented.ts'
import { maySee } from '../rights.ts'
import { everyRoute, operatorOf, operatorRoute, type OperatorApiOptions } from './operator-route.ts'
import * as schemas from './schemas.ts'

/** `/Workers`, `/Redis`, `/Applications`: what the gateway consists of and whom it serves. */
export const fleetRoutes: FastifyPluginAsyncTypebox<OperatorApiOptions> = async (app, { applications, redis }) => {
  const configured = applications.map(({ name }) => name)
  app.get(
    '/Workers',
    {
      schema: {
        ...operatorRoute,
        operationId: 'listProcesses',
        summary: 'List the processes of the gateway',
        response: { 200: documented('The processes.', schemas.WorkerList), ...problemReplies(...everyRoute) },
      },
    },
    async () => ({ Processes: await readFleet(redis) }),
  )

  const health = cachedFor(1000, () => readRedisHealth(redis))
  app.get(
    '/Redis',
    {
      schema: {
        ...operatorRoute,
        operationId: 'getRedisHealth',
        summary: 'Get the state of Redis',
        response: { 200: refTo(Readiness), ...problemReplies(...everyRoute) },
      },
    },
    () => health(),
  )

  app.get(
    '/Applications',
    {
      schema: {
        ...operatorRoute,
        operationId: 'listApplications',
        summary: 'List applications and what they have waiting',
        response: { 200: documented('The applications.', schemas.ApplicationList), ...problemReplies(...everyRoute) },
      },
    },
    async (request, reply) =>
      reply.send({
        Applications: await readApplications(
          app.connections.all.filter(({ settings }) => maySee(operatorOf(request), settings)),
          configured,
        ),
      }),
  )
}

async function readApplications(connections: readonly EmrConnection[], configured: string[]) {
  const depths = await Promise.all(connections.map(({ records }) => records.jobs.depths()))
  const names = new Set([...configured, ...depths.flatMap((depth) => [...depth.keys()])])
  return [...names].map((Name) => {
    const waiting = connections.map(({ settings }, index) => ({
      EMRSystem: settings.emrSystem,
      EmrInstance: settings.emrInstance,
      Pending: depths[index]?.get(Name) ?? 0,
    }))
    const Connections = waiting.filter(({ Pending }) => Pending > 0)
    const Pending = Connections.reduce((sum, each) => sum + each.Pending, 0)
    return { Name, Configured: configured.includes(Name), Pending, Connections }
  })
}
