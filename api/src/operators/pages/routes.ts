import type { Operator } from '@encounter-gateway/shared/config/schema.ts'
import { emrSystems } from '@encounter-gateway/shared/contract/emr-system.ts'
import { JobStatus } from '@encounter-gateway/shared/contract/job.ts'
import type { ListPlace } from '@encounter-gateway/shared/records/job-list.ts'
import { readFleet } from '@encounter-gateway/shared/records/fleet.ts'
import { readRedisHealth } from '@encounter-gateway/shared/redis/health.ts'
import { isJobId } from '@encounter-gateway/shared/sealing/job-id.ts'
import formbody from '@fastify/formbody'
import type { FastifyError, FastifyInstance, FastifyRequest } from 'fastify'
import { readFileSync } from 'node:fs'
import { Refusal } from '../../http/refusal.ts'
import { isRedisFault } from '../../http/redis-fault.ts'
import { cursorAfter, readCursor } from '../../jobs/cursor.ts'
import { actOnConnection, type ConnectionAct } from '../acts.ts'
import type { OperatorApiOptions } from '../api/operator-route.ts'
import type { JobSelection } from '../api/schemas.ts'
import { readAudit } from '../audit-page.ts'
import { connectionSeenBy, readDetail } from '../connection-detail.ts'
import { readConnectionRows } from '../connection-rows.ts'
import { actOnJob, actOnJobs, countMatching, resolveJob, type JobActing } from '../job-acts.ts'
import { detailOf, findPlaces, readBatchJobs, readPlaces, seenJob } from '../jobs-seen.ts'
import { maySee } from '../rights.ts'
import { readEndpointRows } from '../webhooks-seen.ts'
import { connectionPage } from './connection.ts'
import { auditPage, fleetPage, mistakePage } from './fleet.ts'
import { confirmPage, inDoubtPage, jobPage, jobsPage } from './jobs.ts'
import { nowPage } from './now.ts'
import { webhookPages } from './webhook-routes.ts'
import { actorOf, allowed, allowedChange, csrfOf, numberOf, sendPage, textOf } from './requests.ts'

const PER_PAGE = 50
const live = readFileSync(new URL('live.js', import.meta.url), 'utf8')
const statuses = new Set<string>(JobStatus['enum'] as string[])

/**
 * The pages of operators under `/admin`. They work without scripts; `live.js` only fetches them again when something has
 * changed. Requires the plugins `operators`, which restricts access, and `connections`.
 */
export async function operatorPages(app: FastifyInstance, { applications, redis }: OperatorApiOptions): Promise<void> {
  if (app.operators.length === 0) return
  const configured = applications.map(({ name }) => name)
  await app.register(formbody, { bodyLimit: 8 * 1024 })
  const schema = { hide: true }

  app.setErrorHandler<FastifyError>((error, request, reply) => {
    const { operator } = request
    if (!operator) throw error
    const refused = error instanceof Refusal ? error.problem : undefined
    if (!refused && (error.statusCode ?? 500) >= 500) request.log.error({ err: error }, 'page.fault')
    const status = refused?.status ?? (isRedisFault(error) ? 503 : (error.statusCode ?? 500))
    const title = refused?.title ?? (status < 500 ? 'The request is not valid' : 'The page cannot be shown now')
    const detail = refused?.detail ?? 'Try again; the log of the gateway has the cause.'
    return sendPage(reply.code(status), mistakePage({ operator, title, detail }))
  })

  const on = (request: FastifyRequest): JobActing => ({
    audit: app.audit,
    log: request.log,
    connections: app.connections,
    applications,
  })
  const selectedFrom = (fields: unknown) => readSelection(fields)

  app.get('/live.js', { schema, logLevel: 'warn' }, (_request, reply) => reply.type('text/javascript').send(live))

  app.get('/', { schema }, async (request, reply) => {
    const operator = allowed(request, 'see')
    const seen = app.connections.all.filter(({ settings }) => maySee(operator, settings))
    const looking = { app, applications, operator }
    const [connections, processes, health, endpoints] = await Promise.all([
      readConnectionRows(redis, seen),
      readFleet(redis),
      readRedisHealth(redis),
      readEndpointRows(looking, { limit: 5 }),
    ])
    return sendPage(reply, nowPage({ operator, connections, processes, redis: health, endpoints: endpoints.rows }))
  })

  app.get<{ Params: Place }>('/connections/:EMRSystem/:EmrInstance', { schema }, async (request, reply) => {
    const operator = allowed(request, 'see')
    const detail = await readDetail(redis, connectionSeenBy(app, operator, request.params))
    return sendPage(reply, connectionPage({ operator, csrf: csrfOf(request), detail }))
  })

  app.post<{ Params: Place }>('/connections/:EMRSystem/:EmrInstance', { schema }, async (request, reply) => {
    const actor = actorOf(request)
    const connection = connectionSeenBy(app, actor.operator, request.params)
    await actOnConnection(on(request), connection, actor, readOrder(request.body))
    const { emrSystem, emrInstance } = connection.settings
    return reply.redirect(`/admin/connections/${emrSystem}/${emrInstance}`, 303)
  })

  /** One page of jobs that match. */
  async function list(operator: Operator, selection: JobSelection, cursor: string) {
    const after: ListPlace | undefined = cursor === '' ? undefined : readCursor(cursor)
    const { places, next } = await findPlaces(
      app.connections,
      { operator, configured },
      { selection, after, limit: PER_PAGE },
    )
    return { jobs: await readPlaces(places), cursor: next && cursorAfter(next) }
  }

  app.get('/jobs', { schema }, async (request, reply) => {
    const operator = allowed(request, 'see')
    const searched = textOf(request.query, 'q').trim()
    const csrf = csrfOf(request)
    if (searched !== '') {
      const { Jobs } = await readBatchJobs(app.connections, operator, {
        batchId: searched,
        status: undefined,
        from: 0,
        limit: PER_PAGE,
      })
      if (Jobs.length === 0 && isJobId(searched)) return reply.redirect(`/admin/jobs/${searched}`, 303)
      return sendPage(
        reply,
        jobsPage({ operator, csrf, jobs: Jobs, selection: {}, cursor: undefined, applications: configured }),
      )
    }
    const selection = selectedFrom(request.query)
    const found = await list(operator, selection, textOf(request.query, 'Cursor'))
    return sendPage(reply, jobsPage({ operator, csrf, ...found, selection, applications: configured }))
  })

  app.post('/jobs', { schema }, async (request, reply) => {
    const act = textOf(request.body, 'act') === 'Cancel' ? 'Cancel' : 'Retry'
    const selection = selectedFrom(request.body)
    const expect = textOf(request.body, 'expect')
    if (expect === '') {
      const operator = allowedChange(request)
      const found = await countMatching(on(request), operator, selection)
      return sendPage(reply, confirmPage({ operator, csrf: csrfOf(request), act, selection, found }))
    }
    await actOnJobs(on(request), actorOf(request), { act, selection, expect })
    return reply.redirect('/admin/jobs', 303)
  })

  app.get<{ Params: { JobId: string } }>('/jobs/:JobId', { schema }, async (request, reply) => {
    const operator = allowed(request, 'see')
    const { connection, view } = await seenJob(app.connections, operator, request.params.JobId)
    return sendPage(reply, jobPage({ operator, csrf: csrfOf(request), job: await detailOf(connection, view) }))
  })

  app.post<{ Params: { JobId: string } }>('/jobs/:JobId', { schema }, async (request, reply) => {
    const actor = actorOf(request)
    const { JobId } = request.params
    const act = textOf(request.body, 'act')
    if (act === 'Retry' || act === 'Cancel') await actOnJob(on(request), actor, act, JobId)
    else if (act === 'Send' || act === 'Fail')
      await resolveJob(on(request), actor, JobId, { as: 'NotCreated', next: act })
    else {
      const encounterId = textOf(request.body, 'encounterId').trim()
      if (act !== 'Created' || encounterId === '') throw new Refusal('invalid-request', 'An EncounterId is required.')
      await resolveJob(on(request), actor, JobId, { as: 'Created', encounterId })
    }
    return reply.redirect(`/admin/jobs/${JobId}`, 303)
  })

  app.get('/in-doubt', { schema }, async (request, reply) => {
    const operator = allowed(request, 'see')
    const selection: JobSelection = { ...selectedFrom(request.query), Status: 'OutcomeUnknown' }
    const found = await list(operator, selection, textOf(request.query, 'Cursor'))
    return sendPage(reply, inDoubtPage({ operator, csrf: csrfOf(request), ...found, selection }))
  })

  await app.register(webhookPages, { applications, redis })

  app.get('/fleet', { schema }, async (request, reply) =>
    sendPage(reply, fleetPage({ operator: allowed(request, 'see'), processes: await readFleet(redis) })),
  )

  app.get('/audit', { schema }, async (request, reply) => {
    const operator = allowed(request, 'audit')
    const cursor = textOf(request.query, 'Cursor')
    const page = await readAudit(app.audit, operator, /^\d{1,15}-\d{1,10}$/.test(cursor) ? { Cursor: cursor } : {})
    return sendPage(reply, auditPage({ operator, entries: page.Entries, cursor: page.Cursor }))
  })
}

type Place = { EMRSystem: string; EmrInstance: string }

function readOrder(body: unknown): ConnectionAct {
  const act = textOf(body, 'act')
  switch (act) {
    case 'Pause': {
      const minutes = numberOf(body, 'minutes')
      return { act, ...(minutes !== undefined && { until: Date.now() + minutes * 60_000 }) }
    }
    case 'Hold':
      return { act, seconds: Math.min(numberOf(body, 'seconds') ?? 300, 86_400) }
    case 'Limits': {
      const concurrency = numberOf(body, 'concurrency', 10_000)
      const requestsPerSecond = numberOf(body, 'requestsPerSecond', 100_000)
      return { act, ...(concurrency && { concurrency }), ...(requestsPerSecond && { requestsPerSecond }) }
    }
    case 'Resume':
    case 'Drain':
    case 'Release':
      return { act }
    default:
      throw new Refusal('invalid-request', 'This is not an order.')
  }
}

function readSelection(fields: unknown): JobSelection {
  const text = (name: string) => textOf(fields, name).slice(0, 64)
  const [status, system, instance, application] = ['Status', 'EMRSystem', 'EmrInstance', 'Application'].map(text)
  const code = numberOf(fields, 'StatusCode', 599)
  const EMRSystem = emrSystems.find((each) => each === system)
  return {
    ...(status && statuses.has(status) && { Status: status as JobStatus }),
    ...(EMRSystem && { EMRSystem }),
    ...(instance && { EmrInstance: instance }),
    ...(application && { Application: application }),
    ...(code && { StatusCode: code }),
  }
}
