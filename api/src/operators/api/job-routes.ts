import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { documented, problemReplies } from '../../http/documented.ts'
import { Refusal } from '../../http/refusal.ts'
import { cursorAfter, readCursor } from '../../jobs/cursor.ts'
import { readItemCursor } from '../../jobs/list-batch-jobs.ts'
import { actOnJob, actOnJobs, countMatching, resolveJob } from '../job-acts.ts'
import { detailOf, findPlaces, readBatchJobs, readPlaces, seenJob } from '../jobs-seen.ts'
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

const jobParams = Type.Object({ JobId: Type.String() })

/** `/Jobs`: lists the jobs of all applications, and retries, cancels or resolves them. */
export const jobRoutes: FastifyPluginAsyncTypebox<OperatorApiOptions> = async (app, { applications }) => {
  const configured = applications.map(({ name }) => name)
  app.get(
    '/Jobs',
    {
      schema: {
        ...operatorRoute,
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
          ...problemReplies(...everyRoute, 'invalid-request'),
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
        ...operatorRoute,
        params: jobParams,
        operationId: 'getOperatorJob',
        summary: 'Get a job with its timeline',
        response: { 200: documented('The job.', schemas.JobDetail), ...problemReplies(...everyRoute, 'not-found') },
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
        config: acting,
        schema: {
          ...operatorRoute,
          operationId: `${name.toLowerCase()}OperatorJobs`,
          summary: `${name} the jobs that match a filter`,
          description:
            'With `DryRun` it only counts and returns `Expect`, which the act requires; the act is refused if the number has ' +
            'moved by more than a tenth since. At most 10,000 jobs per request.',
          body: schemas.BulkBody,
          response: {
            200: documented('What was or would be done.', schemas.BulkReply),
            ...problemReplies(...everyRoute, 'invalid-request', 'count-moved'),
          },
        },
      },
      async (request) => {
        const { Filter, DryRun, Expect, Reason } = request.body
        if (DryRun) return countMatching(actingOn(app, request, applications), operatorOf(request), Filter)
        if (Reason === undefined) throw mistakeIn('Reason', 'is required to act')
        const about = { act: name, selection: Filter, expect: Expect }
        return actOnJobs(actingOn(app, request, applications), actorOf(request, Reason), about)
      },
    )
    app.post(
      `/Jobs/:JobId/${name}`,
      {
        config: acting,
        schema: {
          ...operatorRoute,
          params: jobParams,
          operationId: `${name.toLowerCase()}OperatorJob`,
          summary: `${name} a job`,
          body: schemas.Reasoned,
          response: {
            200: documented('The job.', schemas.JobDetail),
            ...problemReplies(...everyRoute, 'invalid-request', 'not-found', 'conflict', 'gone'),
          },
        },
      },
      async (request) => {
        const { JobId } = request.params
        await actOnJob(actingOn(app, request, applications), actorOf(request, request.body.Reason), name, JobId)
        const { connection, view } = await seenJob(app.connections, operatorOf(request), JobId)
        return detailOf(connection, view)
      },
    )
  }

  app.post(
    '/Jobs/:JobId/Resolve',
    {
      config: acting,
      schema: {
        ...operatorRoute,
        params: jobParams,
        operationId: 'resolveOperatorJob',
        summary: 'Record what was found in the EMR about a job in doubt',
        description:
          '`Created` with `EncounterId`: the encounter is there, and the job has succeeded. `NotCreated`: it is not there; ' +
          '`Then` `Send` sends it without asking the EMR again, `Fail` ends the job as failed.',
        body: schemas.ResolveBody,
        response: {
          200: documented('The job.', schemas.JobDetail),
          ...problemReplies(...everyRoute, 'invalid-request', 'not-found', 'conflict', 'gone'),
        },
      },
    },
    async (request, reply) => {
      const { JobId } = request.params
      await resolveJob(
        actingOn(app, request, applications),
        actorOf(request, request.body.Reason),
        JobId,
        resolutionOf(request.body),
      )
      const { connection, view } = await seenJob(app.connections, operatorOf(request), JobId)
      return reply.send(await detailOf(connection, view))
    },
  )
}

function resolutionOf({ As, EncounterId, Then }: { As: string; EncounterId?: string; Then?: 'Send' | 'Fail' }) {
  if (As === 'Created') {
    if (EncounterId === undefined) throw mistakeIn('EncounterId', 'is required with As Created')
    if (Then !== undefined) throw mistakeIn('Then', 'applies to As NotCreated only')
    return { as: 'Created', encounterId: EncounterId } as const
  }
  if (Then === undefined) throw mistakeIn('Then', 'is required with As NotCreated: Send or Fail')
  if (EncounterId !== undefined) throw mistakeIn('EncounterId', 'applies to As Created only')
  return { as: 'NotCreated', next: Then } as const
}
