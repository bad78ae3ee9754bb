import { cachedFor } from '@encounter-gateway/shared/cached-for.ts'
import type { Application, Operator } from '@encounter-gateway/shared/config/schema.ts'
import { parseEmrSystem } from '@encounter-gateway/shared/contract/emr-system.ts'
import { Readiness } from '@encounter-gateway/shared/contract/readiness.ts'
import { refTo } from '@encounter-gateway/shared/contract/schema-forms.ts'
import { readFleet } from '@encounter-gateway/shared/records/fleet.ts'
import { p95Of } from '@encounter-gateway/shared/records/tally.ts'
import { readRedisHealth } from '@encounter-gateway/shared/redis/health.ts'
import type { RedisClient } from '@encounter-gateway/shared/redis/connect.ts'
import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Readable } from 'node:stream'
import type { EmrConnection } from '../../connections/connections.ts'
import { documented, problemReplies } from '../../http/documented.ts'
import { Refusal } from '../../http/refusal.ts'
import { cursorAfter, readCursor } from '../../jobs/cursor.ts'
import { readItemCursor } from '../../jobs/list-batch-jobs.ts'
import { actOnConnection, type Actor, type ConnectionAct } from '../acts.ts'
import { readAudit } from '../audit-page.ts'
import { endedIn, readConnectionRows } from '../connection-rows.ts'
import { connectionEvents } from '../events.ts'
import type { Identity } from '../identify.ts'
import { isOwnRequest } from '../identify.ts'
import { actOnJob, actOnJobs, countMatching, resolveJob, type JobActing } from '../job-acts.ts'
import { detailOf, findPlaces, readBatchJobs, readPlaces, seenJob } from '../jobs-seen.ts'
import { mayDo, maySee, type Right } from '../rights.ts'
import * as schemas from './schemas.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What an operator needs for this route; default `see`. */
    right?: Right
  }
}

/** Event streams of one api process at the same time. */
const STREAMS_AT_ONCE = 50

const tags = ['Operators']
const security = [{ OperatorToken: [] }]
const always = ['operator-unauthorized', 'operator-forbidden', 'internal', 'unavailable'] as const
const about = { tags, security }
const connectionParams = Type.Object({ EMRSystem: Type.String(), EmrInstance: Type.String() })
const jobParams = Type.Object({ JobId: Type.String() })
const Row = documented('The connection as it is now.', schemas.ConnectionRow)
const actReplies = { 200: Row, ...problemReplies(...always, 'not-found', 'invalid-request') }

/** The dependencies of the API and of the pages. */
export type OperatorApiOptions = { applications: readonly Application[]; redis: RedisClient }

/**
 * `/api/v1/operator`: what operators see and do. Requires the plugins `operators` and `connections`. Without operators in
 * the configuration every route is a 404.
 */
export const operatorApi: FastifyPluginAsyncTypebox<OperatorApiOptions> = async (app, { applications, redis }) => {
  const configured = applications.map(({ name }) => name)
  const listeners = new Set<AbortController>()
  app.addHook('preClose', async () => {
    for (const gone of listeners) gone.abort()
  })
  app.addHook('onRequest', async (request, reply) => {
    reply.header('Cache-Control', 'no-store')
    if (app.operators.length === 0) throw new Refusal('not-found', 'There is nothing at this path; see /docs.')
    const { right = 'see' } = request.routeOptions.config
    request.identity = await authorize(app, request, right)
    request.operator = request.identity.operator
    request.noted['operator'] = request.operator.name
    return undefined
  })

  const on = (request: FastifyRequest): JobActing => ({
    audit: app.audit,
    log: request.log,
    connections: app.connections,
    applications,
  })
  const seen = (request: FastifyRequest) =>
    app.connections.all.filter(({ settings }) => maySee(operatorOf(request), settings))
  const seenConnection = (request: FastifyRequest, name: { EMRSystem: string; EmrInstance: string }) =>
    connectionSeenBy(app, operatorOf(request), name)

  app.get(
    '/Connections',
    {
      schema: {
        ...about,
        operationId: 'listOperatorConnections',
        summary: 'List connections, those in trouble first',
        response: { 200: documented('The connections.', schemas.ConnectionList), ...problemReplies(...always) },
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
        ...about,
        params: connectionParams,
        operationId: 'getOperatorConnection',
        summary: 'Get a connection with its figures of 48 hours',
        response: {
          200: documented('The connection.', schemas.ConnectionDetail),
          ...problemReplies(...always, 'not-found'),
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
    await actOnConnection(on(request), connection, actorOf(request, reason), order)
    const [seenNow] = await readConnectionRows(redis, [connection])
    return seenNow?.row
  }
  const actSchema = (operationId: string, summary: string) =>
    ({ ...about, params: connectionParams, operationId, summary, response: actReplies }) as const
  const path = '/Connections/:EMRSystem/:EmrInstance'
  const config = { right: 'act' } as const

  app.post(
    `${path}/Pause`,
    { config, schema: { ...actSchema('pauseConnection', 'Send nothing more to an EMR'), body: schemas.PauseBody } },
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
      { config, schema: { ...actSchema(`${name.toLowerCase()}Connection`, summary), body: schemas.Reasoned } },
      (request) => act(request, request.params, request.body.Reason, { act: name }),
    )
  }
  app.post(
    `${path}/Hold`,
    {
      config,
      schema: { ...actSchema('holdConnection', 'Park the jobs of a connection for a while'), body: schemas.HoldBody },
    },
    (request) => act(request, request.params, request.body.Reason, { act: 'Hold', seconds: request.body.Seconds }),
  )
  app.post(
    `${path}/Limits`,
    {
      config,
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

  app.get(
    '/Jobs',
    {
      schema: {
        ...about,
        operationId: 'listOperatorJobs',
        summary: 'List the jobs of all applications',
        description: 'Ordered and paged as `GET /api/v1/Jobs`.',
        querystring: Type.Object(
          {
            ...schemas.JobSelection.properties,
            BatchId: Type.Optional(
              Type.String({ maxLength: 64, description: 'Only jobs of this batch, by item; with `Status`.' }),
            ),
            Cursor: Type.Optional(Type.String({ maxLength: 128 })),
            Limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200 })),
          },
          { additionalProperties: false },
        ),
        response: {
          200: documented('One page of jobs.', schemas.OperatorJobs),
          ...problemReplies(...always, 'invalid-request'),
        },
      },
    },
    async (request, reply) => {
      const { Cursor, Limit = 50, ...selection } = request.query
      const isBatch = selection.BatchId !== undefined
      const after = Cursor === undefined || isBatch ? undefined : readCursor(Cursor)
      if (Cursor !== undefined && !after && !(isBatch && readItemCursor(Cursor) !== undefined)) {
        const Errors = [{ Pointer: '/Cursor', Message: 'is not the cursor of an earlier page' }]
        throw new Refusal('invalid-request', 'The query string is not valid.', { Errors })
      }
      const operator = operatorOf(request)
      if (selection.BatchId !== undefined) {
        const from = Cursor === undefined ? 0 : (readItemCursor(Cursor) ?? 0)
        const page = { batchId: selection.BatchId, status: selection.Status, from, limit: Limit }
        return reply.send(await readBatchJobs(app.connections, operator, page))
      }
      const { places, next } = await findPlaces(
        app.connections,
        { operator, configured },
        { selection, after, limit: Limit },
      )
      return reply.send({ Jobs: await readPlaces(places), ...(next && { Cursor: cursorAfter(next) }) })
    },
  )

  app.get(
    '/Jobs/:JobId',
    {
      schema: {
        ...about,
        params: jobParams,
        operationId: 'getOperatorJob',
        summary: 'Get a job with its timeline',
        response: { 200: documented('The job.', schemas.JobDetail), ...problemReplies(...always, 'not-found') },
      },
    },
    async (request, reply) => {
      const { connection, view } = await seenJob(app.connections, operatorOf(request), request.params.JobId)
      return reply.send(await detailOf(connection, view))
    },
  )

  for (const name of ['Retry', 'Cancel'] as const) {
    app.post(
      `/Jobs/${name}`,
      {
        config,
        schema: {
          ...about,
          operationId: `${name.toLowerCase()}OperatorJobs`,
          summary: `${name} the jobs that match a filter`,
          description:
            'With `DryRun` it only counts and returns `Expect`, which the act requires; the act is refused if the number has ' +
            'moved by more than a tenth since. At most 10,000 jobs per request.',
          body: schemas.BulkBody,
          response: {
            200: documented('What was or would be done.', schemas.BulkReply),
            ...problemReplies(...always, 'invalid-request', 'count-moved'),
          },
        },
      },
      async (request) => {
        const { Filter, DryRun, Expect, Reason } = request.body
        if (DryRun) return countMatching(on(request), operatorOf(request), Filter)
        if (Reason === undefined) throw missing('Reason', 'is required to act')
        const about = { act: name, selection: Filter, expect: Expect }
        return actOnJobs(on(request), actorOf(request, Reason), about)
      },
    )
    app.post(
      `/Jobs/:JobId/${name}`,
      {
        config,
        schema: {
          ...about,
          params: jobParams,
          operationId: `${name.toLowerCase()}OperatorJob`,
          summary: `${name} a job`,
          body: schemas.Reasoned,
          response: {
            200: documented('The job.', schemas.JobDetail),
            ...problemReplies(...always, 'invalid-request', 'not-found', 'conflict', 'gone'),
          },
        },
      },
      async (request) => {
        const { JobId } = request.params
        await actOnJob(on(request), actorOf(request, request.body.Reason), name, JobId)
        const { connection, view } = await seenJob(app.connections, operatorOf(request), JobId)
        return detailOf(connection, view)
      },
    )
  }

  app.post(
    '/Jobs/:JobId/Resolve',
    {
      config,
      schema: {
        ...about,
        params: jobParams,
        operationId: 'resolveOperatorJob',
        summary: 'Record what was found in the EMR about a job in doubt',
        description:
          '`Created` with `EncounterId`: the encounter is there, and the job has succeeded. `NotCreated`: it is not there; ' +
          '`Then` `Send` sends it without asking the EMR again, `Fail` ends the job as failed.',
        body: schemas.ResolveBody,
        response: {
          200: documented('The job.', schemas.JobDetail),
          ...problemReplies(...always, 'invalid-request', 'not-found', 'conflict', 'gone'),
        },
      },
    },
    async (request, reply) => {
      const { JobId } = request.params
      await resolveJob(on(request), actorOf(request, request.body.Reason), JobId, resolutionOf(request.body))
      const { connection, view } = await seenJob(app.connections, operatorOf(request), JobId)
      return reply.send(await detailOf(connection, view))
    },
  )

  app.get(
    '/Workers',
    {
      schema: {
        ...about,
        operationId: 'listProcesses',
        summary: 'List the processes of the gateway',
        response: { 200: documented('The processes.', schemas.WorkerList), ...problemReplies(...always) },
      },
    },
    async () => ({ Processes: await readFleet(redis) }),
  )

  const health = cachedFor(1000, () => readRedisHealth(redis))
  app.get(
    '/Redis',
    {
      schema: {
        ...about,
        operationId: 'getRedisHealth',
        summary: 'Get the state of Redis',
        response: { 200: refTo(Readiness), ...problemReplies(...always) },
      },
    },
    () => health(),
  )

  app.get(
    '/Applications',
    {
      schema: {
        ...about,
        operationId: 'listApplications',
        summary: 'List applications and what they have waiting',
        response: { 200: documented('The applications.', schemas.ApplicationList), ...problemReplies(...always) },
      },
    },
    async (request, reply) => reply.send({ Applications: await readApplications(seen(request), configured) }),
  )

  app.get(
    '/Audit',
    {
      config: { right: 'audit' },
      schema: {
        ...about,
        operationId: 'listAuditEntries',
        summary: 'Read the audit log, newest first',
        querystring: Type.Object(
          {
            Actor: Type.Optional(Type.String({ maxLength: 64 })),
            Action: Type.Optional(Type.String({ maxLength: 64 })),
            JobId: Type.Optional(Type.String({ maxLength: 64 })),
            From: Type.Optional(Type.String({ format: 'date-time' })),
            To: Type.Optional(Type.String({ format: 'date-time' })),
            Cursor: Type.Optional(Type.String({ pattern: '^\\d{1,15}-\\d{1,10}$' })),
            Limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500 })),
          },
          { additionalProperties: false },
        ),
        response: { 200: documented('One page of entries.', schemas.AuditPage), ...problemReplies(...always) },
      },
    },
    (request) => readAudit(app.audit, operatorOf(request), request.query),
  )

  app.get(
    '/Events',
    {
      schema: {
        ...about,
        operationId: 'watchConnections',
        summary: 'Follow changes of connections as server-sent events',
        description: 'An event `changed` with the name and state of each connection whenever one of them changes.',
        response: {
          200: { description: 'The events.', content: { 'text/event-stream': { schema: { type: 'string' } } } },
          ...problemReplies(...always),
        },
      },
    },
    async (request, reply) => {
      if (listeners.size >= STREAMS_AT_ONCE) {
        throw new Refusal('unavailable', 'Too many event streams are open.', {}, { 'Retry-After': '30' })
      }
      const gone = new AbortController()
      listeners.add(gone)
      reply.raw.once('close', () => {
        gone.abort()
        listeners.delete(gone)
      })
      reply.header('X-Accel-Buffering', 'no').type('text/event-stream')
      return reply.send(
        Readable.from(connectionEvents(app, redis, request, gone.signal), { objectMode: false, highWaterMark: 0 }),
      )
    },
  )
}

/** Identifies the operator. Throws a 401 or a 403. */
export async function authorize(app: FastifyInstance, request: FastifyRequest, right: Right): Promise<Identity> {
  const isIdle = request.routeOptions.url?.endsWith('/Events') ?? false
  const identity = await app.identifyOperator(request, { isIdle })
  if (!identity) {
    const detail = 'Send the token of an operator as `Authorization: Bearer`, or sign in at /admin/login.'
    throw new Refusal('operator-unauthorized', detail, {}, { 'WWW-Authenticate': 'Bearer realm="encounter-gateway"' })
  }
  const { method, headers } = request
  if (method !== 'GET' && method !== 'HEAD' && !isOwnRequest(identity, headers['x-csrf-token'])) {
    throw new Refusal('operator-forbidden', 'A change made with a session needs its X-CSRF-Token.')
  }
  if (!mayDo(identity.operator, right)) {
    throw new Refusal('operator-forbidden', `The role ${identity.operator.role} does not include this.`)
  }
  return identity
}

/** The connection of this name that an operator may know of. Throws the same 404 for any other. */
export function connectionSeenBy(
  app: FastifyInstance,
  operator: Operator,
  { EMRSystem, EmrInstance }: { EMRSystem: string; EmrInstance: string },
): EmrConnection {
  const found = app.connections.find(parseEmrSystem(EMRSystem) ?? EMRSystem, EmrInstance)
  if (!found || !maySee(operator, found.settings)) throw new Refusal('not-found', 'There is no such connection.')
  return found
}

/** A connection with its figures, who fills it, and its settings as configured. */
export async function readDetail(redis: RedisClient, connection: EmrConnection): Promise<schemas.ConnectionDetail> {
  const { settings, records } = connection
  const [[seenNow], minutes, depths] = await Promise.all([
    readConnectionRows(redis, [connection]),
    records.minutes(48 * 60),
    records.jobs.depths(),
  ])
  if (!seenNow) throw new TypeError('each connection has a row')
  const Minutes = minutes
    .filter((minute) => minute.accepted > 0 || endedIn(minute) > 0 || minute.latency.some((count) => count > 0))
    .map((minute) => {
      const p95 = p95Of([minute])
      return {
        At: new Date(minute.at).toISOString(),
        Accepted: minute.accepted,
        Ended: minute.ended,
        Calls: minute.calls.create,
        Finds: minute.calls.find,
        ...(p95 !== undefined && { P95Ms: p95 }),
      }
    })
  const Applications = [...depths].map(([Name, Pending]) => ({ Name, Pending })).sort((a, b) => b.Pending - a.Pending)
  const { concurrency, requestsPerSecond } = settings
  return {
    ...seenNow.row,
    Minutes,
    Applications,
    Configured: { Concurrency: concurrency, RequestsPerSecond: requestsPerSecond },
  }
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

function operatorOf(request: FastifyRequest): Operator {
  if (!request.operator) throw new TypeError('the hook of this scope identifies the operator')
  return request.operator
}

function actorOf(request: FastifyRequest, reason: string): Actor {
  return { operator: operatorOf(request), from: request.ip, reason }
}

function laterThanNow(until: string | undefined): number | undefined {
  if (until === undefined) return undefined
  const at = Date.parse(until)
  if (at <= Date.now()) throw missing('Until', 'must be in the future')
  return at
}

function resolutionOf({ As, EncounterId, Then }: { As: string; EncounterId?: string; Then?: 'Send' | 'Fail' }) {
  if (As === 'Created') {
    if (EncounterId === undefined) throw missing('EncounterId', 'is required with As Created')
    if (Then !== undefined) throw missing('Then', 'applies to As NotCreated only')
    return { as: 'Created', encounterId: EncounterId } as const
  }
  if (Then === undefined) throw missing('Then', 'is required with As NotCreated: Send or Fail')
  if (EncounterId !== undefined) throw missing('EncounterId', 'applies to As Created only')
  return { as: 'NotCreated', next: Then } as const
}

function missing(name: string, Message: string): Refusal {
  return new Refusal('invalid-request', 'The body is not valid.', { Errors: [{ Pointer: `/${name}`, Message }] })
}
