import { EmrSystem } from '@encounter-gateway/shared/contract/emr-system-schema.ts'
import { JobList, JobStatus } from '@encounter-gateway/shared/contract/job.ts'
import { oneOf } from '@encounter-gateway/shared/contract/schema-forms.ts'
import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { findBatch } from './own-batch.ts'
import { listBatchJobs, readItemCursor } from './list-batch-jobs.ts'
import { readCursor } from './cursor.ts'
import { listJobs } from './list-jobs.ts'
import { Refusal } from '../http/refusal.ts'
import { readRange } from './time-range.ts'
import { documented, everyRoute, problemReplies } from '../http/documented.ts'

const schema = {
  operationId: 'listJobs',
  tags: ['Jobs'],
  summary: 'List jobs',
  description:
    'The jobs of the calling application, newest first: by when they ended if `Status` is `Failed`, `OutcomeUnknown`, ' +
    '`Cancelled` or `Expired`, otherwise by when they were accepted. With a filter, a page may be short or even empty; there ' +
    'may be more jobs as long as the reply has a `Cursor`. A page takes the same time whatever the number of jobs. Jobs ' +
    'accepted in the meantime do not affect the pages after a cursor.',
  querystring: Type.Object(
    {
      Status: Type.Optional(JobStatus),
      EMRSystem: Type.Optional(Type.Unsafe<EmrSystem>({ ...EmrSystem, description: 'Only jobs for this EMR.' })),
      EmrInstance: Type.Optional(
        Type.String({ maxLength: 64, description: 'Only jobs for this connection of an EMR.' }),
      ),
      StatusCode: Type.Optional(
        Type.Integer({ minimum: 201, maximum: 599, description: 'Only jobs whose outcome has this status code.' }),
      ),
      From: Type.Optional(Type.String({ format: 'date-time', description: 'Only jobs from this time on. RFC 3339.' })),
      To: Type.Optional(Type.String({ format: 'date-time', description: 'Only jobs up to this time. RFC 3339.' })),
      By: Type.Optional(
        oneOf(['CreatedAt', 'FinishedAt'], {
          description:
            'The time that `From` and `To` are about. `FinishedAt` requires one of the four states listed by it, and is the ' +
            'default there; `CreatedAt` is the default, and the only choice, otherwise.',
        }),
      ),
      BatchId: Type.Optional(
        Type.String({
          minLength: 1,
          maxLength: 64,
          description: 'Only jobs of this batch, in the order of its items.',
        }),
      ),
      Cursor: Type.Optional(Type.String({ maxLength: 128, description: 'The `Cursor` of the previous page.' })),
      Limit: Type.Optional(
        Type.Integer({ minimum: 1, maximum: 200, description: 'Number of jobs per page. Default 50.' }),
      ),
    },
    { additionalProperties: false },
  ),
  response: {
    200: documented('One page of jobs.', JobList),
    ...problemReplies(...everyRoute, 'invalid-request'),
  },
}

/** `GET /Jobs`: an application's own jobs. */
export const jobList: FastifyPluginAsyncTypebox = async (app) => {
  app.get('/Jobs', { schema }, async (request, reply) => {
    const { Cursor, Limit = 50, BatchId, Status, EMRSystem, EmrInstance, StatusCode } = request.query
    const filter = { Status, EMRSystem, EmrInstance, StatusCode }
    const isBatch = BatchId !== undefined
    const after = Cursor === undefined || isBatch ? undefined : readCursor(Cursor)
    const from = Cursor === undefined || !isBatch ? undefined : readItemCursor(Cursor)
    if (Cursor !== undefined && after === undefined && from === undefined) {
      const Errors = [{ Pointer: '/Cursor', Message: 'is not the cursor of an earlier page' }]
      throw new Refusal('invalid-request', 'The query string is not valid.', { Errors })
    }
    if (isBatch) {
      const page = { batchId: BatchId, status: filter.Status, from: from ?? 0, limit: Limit }
      const found = await findBatch(app.connections, request.application, page.batchId)
      return reply.send(await listBatchJobs(found, page))
    }
    const range = readRange(request.query)
    return reply.send(
      await listJobs(app.connections, request.application, { filter: { ...filter, range }, after, limit: Limit }),
    )
  })
}
