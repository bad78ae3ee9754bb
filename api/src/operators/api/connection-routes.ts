import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { documented, problemReplies } from '../../http/documented.ts'
import { actOnConnection, type ConnectionAct } from '../acts.ts'
import { connectionSeenBy, readDetail } from '../connection-detail.ts'
import { readConnectionRows } from '../connection-rows.ts'
import { maySee } from '../rights.ts'
import {
  acting,
  actingOn,
  actorOf,
  everyRoute,
  mistakeIn,
  operatorOf,
  operatorRoute,
  type OperatorApiOptions,
} from './operator-route.ts'
import * as schemas from './schemas.ts'

const connectionParams = Type.Object({ EMRSystem: Type.String(), EmrInstance: Type.String() })
const Row = documented('The connection as it is now.', schemas.ConnectionRow)
const actReplies = { 200: Row, ...problemReplies(...everyRoute, 'not-found', 'invalid-request') }

/** `/Connections`: lists them, gets one with its figures, and gives it orders. */
export const connectionRoutes: FastifyPluginAsyncTypebox<OperatorApiOptions> = async (app, { applications, redis }) => {
  const seen = (request: FastifyRequest) =>
    app.connections.all.filter(({ settings }) => maySee(operatorOf(request), settings))
  const seenConnection = (request: FastifyRequest, name: { EMRSystem: string; EmrInstance: string }) =>
    connectionSeenBy(app, operatorOf(request), name)

  app.get(
    '/Connections',
    {
      schema: {
        ...operatorRoute,
        operationId: 'listOperatorConnections',
        summary: 'List connections, those in trouble first',
        response: { 200: documented('The connections.', schemas.ConnectionList), ...problemReplies(...everyRoute) },
      },
    },
    async (request, reply) => {
      const rows = await readConnectionRows(redis, seen(request))
      return reply.send({ Connections: rows.map(({ row }) => row) })
    },
  )

  app.get(
    '/Connections/:EMRSystem/:EmrInstance',
    {
      schema: {
        ...operatorRoute,
        params: connectionParams,
        operationId: 'getOperatorConnection',
        summary: 'Get a connection with its figures of 48 hours',
        response: {
          200: documented('The connection.', schemas.ConnectionDetail),
          ...problemReplies(...everyRoute, 'not-found'),
        },
      },
    },
    (request) => readDetail(redis, seenConnection(request, request.params)),
  )

  /** Does an act and answers with the connection. */
  async function act(
    request: FastifyRequest,
    params: { EMRSystem: string; EmrInstance: string },
    reason: string,
    order: ConnectionAct,
  ) {
    const connection = seenConnection(request, params)
    await actOnConnection(actingOn(app, request, applications), connection, actorOf(request, reason), order)
    const [seenNow] = await readConnectionRows(redis, [connection])
    return seenNow?.row
  }
  const actSchema = (operationId: string, summary: string) =>
    ({ ...operatorRoute, params: connectionParams, operationId, summary, response: actReplies }) as const
  const path = '/Connections/:EMRSystem/:EmrInstance'

  app.post(
    `${path}/Pause`,
    {
      config: acting,
      schema: { ...actSchema('pauseConnection', 'Send nothing more to an EMR'), body: schemas.PauseBody },
    },
    (request) => {
      const until = laterThanNow(request.body.Until)
      return act(request, request.params, request.body.Reason, { act: 'Pause', until })
    },
  )
  for (const [name, summary] of [
    ['Resume', 'End a pause or a drain'],
    ['Drain', 'Accept nothing new for a connection'],
    ['Release', 'End a hold; an open breaker tries the EMR at once'],
  ] as const) {
    app.post(
      `${path}/${name}`,
      { config: acting, schema: { ...actSchema(`${name.toLowerCase()}Connection`, summary), body: schemas.Reasoned } },
      (request) => act(request, request.params, request.body.Reason, { act: name }),
    )
  }
  app.post(
    `${path}/Hold`,
    {
      config: acting,
      schema: { ...actSchema('holdConnection', 'Park the jobs of a connection for a while'), body: schemas.HoldBody },
    },
    (request) => act(request, request.params, request.body.Reason, { act: 'Hold', seconds: request.body.Seconds }),
  )
  app.post(
    `${path}/Limits`,
    {
      config: acting,
      schema: {
        ...actSchema('limitConnection', 'Set limits in place of the configured ones'),
        body: schemas.LimitsBody,
      },
    },
    (request) => {
      const { Reason, Concurrency, RequestsPerSecond } = request.body
      const limits = {
        ...(Concurrency !== undefined && { concurrency: Concurrency }),
        ...(RequestsPerSecond !== undefined && { requestsPerSecond: RequestsPerSecond }),
      }
      return act(request, request.params, Reason, { act: 'Limits', ...limits })
    },
  )
}

function laterThanNow(until: string | undefined): number | undefined {
  if (until === undefined) return undefined
  const at = Date.parse(until)
  if (at <= Date.now()) throw mistakeIn('Until', 'must be in the future')
  return at
}
