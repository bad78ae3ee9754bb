import { mayUse } from '@encounter-gateway/shared/config/connection-scope.ts'
import type { Application, Operator } from '@encounter-gateway/shared/config/schema.ts'
import { nameOf } from '@encounter-gateway/shared/contract/connection-name.ts'
import { SealError } from '@encounter-gateway/shared/sealing/seal.ts'
import type { DeliveryStatus } from '@encounter-gateway/shared/webhooks/deliveries.ts'
import type { WebhookEndpoint } from '@encounter-gateway/shared/webhooks/endpoints.ts'
import type { LaneFigures } from '@encounter-gateway/shared/webhooks/lanes.ts'
import type { FastifyInstance } from 'fastify'
import { Refusal } from '../http/refusal.ts'
import { showDelivery } from '../webhooks/delivery-routes.ts'
import type { ApplicationWebhooks } from '../webhooks/application-webhooks.ts'
import { filterOf } from '../webhooks/routes.ts'
import type { EndpointRow, OperatorDelivery } from './api/webhook-schemas.ts'
import { maySee, seesAll } from './rights.ts'

/** An endpoint that an operator may know of. `endpoint` is absent if its sealing key is gone. */
export type SeenEndpoint = {
  application: Application
  webhooks: ApplicationWebhooks
  endpointId: string
  endpoint?: WebhookEndpoint
}

/** The gateway, its applications, and who looks. */
export type Looking = {
  app: Pick<FastifyInstance, 'connections' | 'webhooksOf'>
  applications: readonly Application[]
  operator: Operator
}

const noFigures = { waiting: 0, deadLetters: 0, state: 'Enabled' } as const
/** Worst first; one that was disabled by order is no trouble. */
const byTrouble: LaneFigures['state'][] = ['Disabled', 'Failing', 'Off', 'Enabled']

/**
 * The endpoints of all applications that an operator may know of, those in trouble first, at most `limit`; `more`: how
 * many are left out. Two commands for each application, and four for each endpoint that is shown.
 */
export async function readEndpointRows(
  looking: Looking,
  { application, limit }: { application?: string | undefined; limit: number },
): Promise<{ rows: EndpointRow[]; more: number }> {
  const asked = looking.applications.filter(({ name }) => application === undefined || name === application)
  const found = (await Promise.all(asked.map((each) => endpointsOf(looking, each)))).flat()
  found.sort(
    (a, b) =>
      byTrouble.indexOf(a.figures.state) - byTrouble.indexOf(b.figures.state) ||
      b.figures.waiting - a.figures.waiting ||
      a.seen.application.name.localeCompare(b.seen.application.name) ||
      a.seen.endpointId.localeCompare(b.seen.endpointId),
  )
  const rows = await Promise.all(found.slice(0, limit).map(({ seen, figures }) => rowOf(seen, figures)))
  return { rows, more: Math.max(found.length - limit, 0) }
}

/** One endpoint as it is now. */
export async function readEndpointRow(seen: SeenEndpoint): Promise<EndpointRow> {
  const figures = await seen.webhooks.lanes.figures()
  return rowOf(seen, figures.find(({ endpointId }) => endpointId === seen.endpointId) ?? noFigures)
}

/**
 * Finds an endpoint that an operator may know of, in one application or in all of them. Throws a 404 if there is none,
 * a 400 if several applications have one of this id, as is so with the configured ones.
 */
export async function seenEndpoint(
  looking: Looking,
  { endpointId, application }: { endpointId: string; application?: string | undefined },
): Promise<SeenEndpoint> {
  const asked = looking.applications.filter(({ name }) => application === undefined || name === application)
  const found = (await Promise.all(asked.map((each) => findIn(looking, each, endpointId)))).flat()
  const [first, second] = found
  if (!first) throw new Refusal('not-found', 'There is no webhook endpoint with this EndpointId.')
  if (second) {
    const Errors = [{ Pointer: '/Application', Message: 'is required: several applications have such an endpoint' }]
    throw new Refusal('invalid-request', 'Which endpoint is meant is not clear.', { Errors })
  }
  return first
}

/** Whether all messages of an endpoint are of connections that an operator may see, as acts on it require. */
export function coversEndpoint({ app, operator }: Looking, { application, endpoint }: SeenEndpoint): boolean {
  if (seesAll(operator)) return true
  return connectionsOf(app, application, endpoint).every((each) => maySee(operator, each.settings))
}

/** One page of an endpoint's deliveries, without those of connections that the operator may not see. */
export async function readDeliveries(
  looking: Looking,
  { webhooks, endpointId, endpoint }: SeenEndpoint,
  about: { status?: DeliveryStatus | undefined; after?: string | undefined; limit: number },
): Promise<{ Deliveries: OperatorDelivery[]; Cursor?: string }> {
  const { deliveries, next } = await webhooks.deliveries.list(endpointId, {
    ...about,
    since: undefined,
    after: about.after,
    status: about.status,
    filter: endpoint ? filterOf(endpoint) : {},
  })
  const Deliveries = deliveries.map(showDelivery).filter((each) => isSeen(looking.operator, each))
  return { Deliveries, ...(next !== undefined && { Cursor: next }) }
}

/** A delivery without the JobId's connection is a test message, which concerns none. */
export function isSeen(operator: Operator, { EMRSystem, EmrInstance }: OperatorDelivery): boolean {
  if (EMRSystem === undefined || EmrInstance === undefined) return true
  return maySee(operator, { emrSystem: EMRSystem, emrInstance: EmrInstance })
}

/** How many endpoints of the applications are in trouble, and what waits for all of them. One command per application. */
export async function countEndpoints({ app, applications, operator }: Looking): Promise<EndpointCounts> {
  const mine = applications.filter((each) => isOfInterest(app, operator, each))
  const all = (await Promise.all(mine.map((each) => app.webhooksOf(each).lanes.figures()))).flat()
  const of = (state: LaneFigures['state']) => all.filter((each) => each.state === state).length
  return {
    endpoints: all.length,
    failing: of('Failing'),
    disabled: of('Disabled'),
    off: of('Off'),
    waiting: all.reduce((sum, { waiting }) => sum + waiting, 0),
    deadLetters: all.reduce((sum, { deadLetters }) => sum + deadLetters, 0),
  }
}

/** `off`: disabled by order; `disabled`: by failures. */
export type EndpointCounts = {
  endpoints: number
  failing: number
  disabled: number
  off: number
  waiting: number
  deadLetters: number
}

async function endpointsOf(looking: Looking, application: Application) {
  const { app, operator } = looking
  if (!isOfInterest(app, operator, application)) return []
  const webhooks = app.webhooksOf(application)
  const [{ endpoints, unreadable }, figures] = await Promise.all([webhooks.endpoints.list(), webhooks.lanes.figures()])
  const of = new Map(figures.map((each) => [each.endpointId, each]))
  const all: SeenEndpoint[] = [
    ...endpoints.map((endpoint) => ({ application, webhooks, endpointId: endpoint.endpointId, endpoint })),
    ...unreadable.map((endpointId) => ({ application, webhooks, endpointId })),
  ]
  return all
    .filter((seen) => touches(looking, seen))
    .map((seen) => ({ seen, figures: of.get(seen.endpointId) ?? noFigures }))
}

async function findIn(looking: Looking, application: Application, endpointId: string): Promise<SeenEndpoint[]> {
  if (!isOfInterest(looking.app, looking.operator, application)) return []
  const webhooks = looking.app.webhooksOf(application)
  try {
    const endpoint = /^ep_[0-9a-z]{1,64}$/.test(endpointId) ? await webhooks.endpoints.get(endpointId) : undefined
    const seen = endpoint && { application, webhooks, endpointId, endpoint }
    return seen && touches(looking, seen) ? [seen] : []
  } catch (error) {
    if (!(error instanceof SealError)) throw error
    const seen = { application, webhooks, endpointId }
    return touches(looking, seen) ? [seen] : []
  }
}

/** Whether an endpoint gets messages of a connection that the operator may see. */
function touches({ app, operator }: Looking, { application, endpoint }: SeenEndpoint): boolean {
  if (seesAll(operator)) return true
  return connectionsOf(app, application, endpoint).some((each) => maySee(operator, each.settings))
}

function isOfInterest(app: Looking['app'], operator: Operator, application: Application): boolean {
  return (
    seesAll(operator) ||
    app.connections.all.some((each) => mayUse(application, each.settings) && maySee(operator, each.settings))
  )
}

function connectionsOf(app: Looking['app'], application: Application, endpoint: WebhookEndpoint | undefined) {
  const wanted = endpoint?.connections
  return app.connections
    .usableBy(application)
    .filter(({ settings }) => wanted === undefined || wanted.includes(nameOf(settings)))
}

async function rowOf(
  { application, webhooks, endpointId, endpoint }: SeenEndpoint,
  { waiting, deadLetters, state: inShort }: Pick<LaneFigures, 'waiting' | 'deadLetters' | 'state'>,
): Promise<EndpointRow> {
  const lane = await webhooks.lanes.state(endpointId, endpoint ? filterOf(endpoint) : {})
  const time = (ms: number) => new Date(ms).toISOString()
  return {
    Application: application.name,
    EndpointId: endpointId,
    ...(endpoint && { Origin: new URL(endpoint.url).origin, Body: endpoint.body }),
    ...(endpoint?.connections && { Connections: endpoint.connections }),
    ...(endpoint?.eventTypes && { EventTypes: endpoint.eventTypes }),
    ...(!endpoint && { Unreadable: true }),
    State: lane?.state ?? 'Enabled',
    ...(inShort === 'Off' && { ByOrder: true }),
    ...(lane && lane.since > 0 && { Since: time(lane.since) }),
    ...(lane?.reason && { Reason: lane.reason }),
    Pending: lane?.pending ?? waiting,
    DeadLetters: deadLetters,
    ...(lane && lane.missed > 0 && { Missed: lane.missed }),
    ...(lane?.lastSuccessAt !== undefined && { LastSuccessAt: time(lane.lastSuccessAt) }),
  }
}
