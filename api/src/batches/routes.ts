import type { Application } from '@encounter-gateway/shared/config/schema.ts'
import { Batch, BatchItem, BatchRetry } from '@encounter-gateway/shared/contract/batch.ts'
import { oneOf, refTo } from '@encounter-gateway/shared/contract/schema-forms.ts'
import { isJobId } from '@encounter-gateway/shared/sealing/job-id.ts'
import { Type, type FastifyPluginAsyncTypebox, type Static } from '@fastify/type-provider-typebox'
import { Readable } from 'node:stream'
import { openPlaces } from '../http/places.ts'
import { newCredentialsOf } from '../jobs/cancel-and-retry.ts'
import { batchPath, findBatch, ownBatch, shownBatch } from '../jobs/own-batch.ts'
import { batchEvents } from './batch-events.ts'
import { batchResults } from './batch-results.ts'
import { retryable, retryBatch } from './retry-batch.ts'
import { Refusal } from '../http/refusal.ts'
import { documented, everyRoute, NewCredentials, problemReplies } from '../http/documented.ts'

/** Each event stream costs a socket and two Redis reads per second. An application has a part of them. */
const LISTENERS_AT_MOST = 500

const params = Type.Object({ BatchId: Type.String({ description: 'The BatchId from the 202 reply.' }) })
const about = { tags: ['Batches'], params }
const refusals = [...everyRoute, 'not-found'] as const

const getBatch = {
  ...about,
  operationId: 'getBatch',
  summary: 'Get a batch',
  response: { 200: documented('The batch.', refTo(Batch)), ...problemReplies(...refusals) },
}

const getResults = {
  ...about,
  operationId: 'getBatchResults',
  summary: 'Get batch results',
  description:
    'The current state of every item, including rejected ones: NDJSON, one BatchItem per line in the order of the upload.',
  response: {
    200: documented('One line per item.', refTo(BatchItem), [], 'application/x-ndjson'),
    ...problemReplies(...refusals),
  },
}

const getEvents = {
  ...about,
  operationId: 'getBatchEvents',
  summary: 'Stream batch progress',
  description:
    'Server-sent events with the Batch as data: `progress` at once and after each change, at most twice a second; ' +
    '`finished` at the end. With `Last-Event-ID`, the first event is sent only if the batch has changed since that id.',
  headers: Type.Object({ 'Last-Event-ID': Type.Optional(Type.String({ description: 'The last `id` received.' })) }),
  response: {
    200: documented('The events.', Type.String(), [], 'text/event-stream'),
    ...problemReplies(...refusals),
  },
}

const cancelBatch = {
  ...about,
  operationId: 'cancelBatch',
  summary: 'Cancel a batch',
  description:
    'Cancels all items that were never sent to the EMR; the workers end them one by one. Items that may have reached the ' +
    'EMR continue. The requests of cancelled items are kept for a Retry as long as those of failed items, then erased.',
  response: {
    202: documented('The batch is being cancelled.', refTo(Batch)),
    ...problemReplies(...refusals, 'conflict'),
  },
}

const retry = {
  ...about,
  operationId: 'retryBatch',
  summary: 'Retry batch items',
  description:
    'Begins a new round of attempts, with a new deadline, for all items in one state. `DryRun=true` only counts them. ' +
    'Returns 409 while the batch is `Cancelling`. With `LoginId` and `Password`, or `AuthorizationToken`, these replace the ' +
    'credentials of the items that are retried and of those that have not ended; items that are `Parked` because the EMR ' +
    'refused their login go on at once.',
  headers: NewCredentials,
  querystring: Type.Object(
    {
      Status: Type.Optional(
        oneOf(Object.keys(retryable) as (keyof typeof retryable)[], {
          description:
            'The state of the items to retry. Default `Failed`. For `OutcomeUnknown` the EMR is asked first, if it can be. ' +
            '`Expired` and `Cancelled` items do not exist in the EMR.',
        }),
      ),
      DryRun: Type.Optional(Type.Boolean({ description: 'Only count the matching items.' })),
    },
    { additionalProperties: false },
  ),
  response: {
    200: documented('The number of matching items; nothing was changed.', refTo(BatchRetry)),
    202: documented('The items wait for their turn again.', refTo(BatchRetry)),
    ...problemReplies(...refusals, 'conflict', 'invalid-request'),
  },
}

/** The applications, and the number of event streams that they share; default 500. */
export type BatchesOptions = { applications: readonly Application[]; maxStreams?: number }

/** `/Batches/:BatchId`: get a batch, stream its progress, get its results, cancel it, retry its items. */
export const batches: FastifyPluginAsyncTypebox<BatchesOptions> = async (
  app,
  { applications, maxStreams = LISTENERS_AT_MOST },
) => {
  const places = openPlaces(applications, maxStreams)
  const listeners = new Set<AbortController>()
  app.addHook('preClose', async () => {
    for (const listener of listeners) listener.abort()
  })
  app.addHook<{ Params: Static<typeof params> }>('preHandler', async ({ noted, params: { BatchId } }) => {
    if (isJobId(BatchId)) noted['batch'] = BatchId
  })

  app.get('/Batches/:BatchId', { schema: getBatch }, async (request, reply) => {
    return reply.send(shownBatch(await ownBatch(app.connections, request.application, request.params.BatchId)))
  })

  app.get('/Batches/:BatchId/Results', { schema: getResults }, async (request, reply) => {
    const found = await ownBatch(app.connections, request.application, request.params.BatchId)
    return reply.type('application/x-ndjson').send(Readable.from(batchResults(found), { objectMode: false }))
  })

  app.get('/Batches/:BatchId/Events', { schema: getEvents }, async (request, reply) => {
    const { application, params, headers } = request
    await ownBatch(app.connections, application, params.BatchId)
    const leave = places.take(application)
    if (!leave) {
      const detail = `Your application has its ${places.of(application)} event streams open; close one, or try again later.`
      throw new Refusal('unavailable', detail, {}, { 'Retry-After': '30' })
    }
    const gone = new AbortController()
    listeners.add(gone)
    const end = () => {
      gone.abort()
      if (listeners.delete(gone)) leave()
    }
    reply.raw.once('close', end)
    if (reply.raw.destroyed) end()
    const read = async () => {
      const found = await findBatch(app.connections, application, params.BatchId)
      return found && shownBatch(found)
    }
    const lastId = headers['last-event-id']
    const events = batchEvents(read, typeof lastId === 'string' ? lastId : undefined, gone.signal)
    // keeps proxies from buffering the events
    reply.headers({ 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' }).type('text/event-stream')
    return reply.send(Readable.from(events, { objectMode: false, highWaterMark: 0 }))
  })

  app.delete('/Batches/:BatchId', { schema: cancelBatch }, async (request, reply) => {
    const { application } = request
    const found = await ownBatch(app.connections, application, request.params.BatchId)
    const said = await found.connection.records.batches.cancel(found.batch)
    if (said === 'finished') throw new Refusal('conflict', 'The batch has finished; there is nothing to cancel.')
    const now = await ownBatch(app.connections, application, found.batch.batchId)
    return reply.code(202).header('Location', batchPath(found.batch.batchId)).send(shownBatch(now))
  })

  app.post('/Batches/:BatchId/Retry', { schema: retry }, async (request, reply) => {
    const { Status = 'Failed', DryRun = false } = request.query
    const found = await ownBatch(app.connections, request.application, request.params.BatchId)
    const credentials = newCredentialsOf(request, found.connection.settings.emrSystem)
    return reply.code(DryRun ? 200 : 202).send(await retryBatch(found, Status, { dryRun: DryRun, credentials }))
  })
}
