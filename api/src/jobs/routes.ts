import { EncounterCreated } from '@encounter-gateway/shared/contract/encounter-created.ts'
import { Job } from '@encounter-gateway/shared/contract/job.ts'
import { refTo } from '@encounter-gateway/shared/contract/schema-forms.ts'
import { isJobId } from '@encounter-gateway/shared/sealing/job-id.ts'
import { Type, type FastifyPluginAsyncTypebox, type Static } from '@fastify/type-provider-typebox'
import { etagOf, isNamedIn } from './etag.ts'
import { cancelJob, retryJob } from './cancel-and-retry.ts'
import { ownJob, ownOrForgottenJob, readJob } from './own-job.ts'
import { askAgainSeconds, sendOutcome, sendRunning } from './replies.ts'
import { waitAsPreferred } from './wait-as-preferred.ts'
import { documented, everyRoute, preferField, problemReplies, runningReply } from '../http/documented.ts'

const params = Type.Object({ JobId: Type.String({ description: 'The job, by the id that its 202 gave.' }) })
const about = { tags: ['Jobs'], params }

const getJob = {
  ...about,
  operationId: 'getJob',
  summary: 'Tells where a job stands',
  description: 'With `Prefer: wait=N` the reply comes when the job has ended, after N seconds at the latest.',
  headers: Type.Object({
    Prefer: preferField,
    'If-None-Match': Type.Optional(
      Type.String({ description: 'An ETag of an earlier reply: 304 if nothing has changed.' }),
    ),
  }),
  response: {
    200: documented('The job.', refTo(Job), ['ETag', 'Retry-After', 'Preference-Applied']),
    304: documented('The job is as the ETag says.', undefined, ['ETag']),
    ...problemReplies(...everyRoute, 'not-found'),
  },
}

const getResult = {
  ...about,
  operationId: 'getJobResult',
  summary: 'Gives the outcome of a job as the EMR’s own reply',
  description:
    'The status code and body that a caller would have got who had waited: 201 with the encounter, or a problem. 202 while ' +
    'the job runs.',
  headers: Type.Object({ Prefer: preferField }),
  response: {
    201: documented('The encounter exists in the EMR.', refTo(EncounterCreated), ['Preference-Applied']),
    202: runningReply,
    ...problemReplies(
      ...everyRoute,
      ...(['emr-rejected-content', 'emr-login-failed', 'emr-refused-user', 'not-found', 'outcome-unknown'] as const),
      ...(['emr-timeout', 'expired', 'cancelled', 'gone', 'dispatch-failed', 'emr-unavailable'] as const),
    ),
  },
}

const cancel = {
  ...about,
  operationId: 'cancelJob',
  summary: 'Cancels a job that has not been sent to the EMR',
  description:
    'Cancelling it again is not a mistake. What the EMR may have already cannot be cancelled. The request is kept for a Retry as long ' +
    'as that of a failed job, and erased then.',
  response: {
    204: documented('The job is cancelled.'),
    ...problemReplies(...everyRoute, 'not-found', 'conflict'),
  },
}

const retry = {
  ...about,
  operationId: 'retryJob',
  summary: 'Begins a new round of attempts',
  description:
    'For a job that has ended and did not succeed, `Cancelled` and `Expired` among them, while its request is kept; it gets a new ' +
    'deadline. Where the EMR may have the encounter from an earlier round, it is asked before anything is sent. A 409 while the ' +
    'batch of the job is being cancelled.',
  response: { 202: runningReply, ...problemReplies(...everyRoute, 'not-found', 'conflict', 'gone') },
}

/** `/Jobs/:JobId`: look, wait, take the result, cancel, try again. */
export const jobs: FastifyPluginAsyncTypebox = async (app) => {
  app.addHook<{ Params: Static<typeof params> }>('preHandler', async ({ noted, params: { JobId } }) => {
    if (isJobId(JobId)) noted['job'] = JobId
  })

  app.get('/Jobs/:JobId', { schema: getJob }, async (request, reply) => {
    const { connection, view } = await ownJob(app, request.application, request.params.JobId)
    const { JobId } = view.job
    const waited = await waitAsPreferred(app, request, reply, {
      jobId: JobId,
      defaultSeconds: 0,
      ended: view.outcome !== undefined,
    })
    const { job, outcome } = (waited && !view.outcome && (await readJob(app, connection, JobId))) || view
    const etag = etagOf(job)
    reply.header('ETag', etag)
    if (isNamedIn(request.headers['if-none-match'], etag)) return reply.code(304).send()
    if (!outcome) reply.header('Retry-After', askAgainSeconds(job))
    return reply.code(200).send(job)
  })

  app.get('/Jobs/:JobId/Result', { schema: getResult }, async (request, reply) => {
    const { connection, view } = await ownOrForgottenJob(app, request.application, request.params.JobId)
    const { JobId } = view.job
    const waited = await waitAsPreferred(app, request, reply, {
      jobId: JobId,
      defaultSeconds: 0,
      ended: view.outcome !== undefined,
    })
    return sendOutcome(reply, (waited && !view.outcome && (await readJob(app, connection, JobId))) || view)
  })

  app.delete('/Jobs/:JobId', { schema: cancel }, async (request, reply) => {
    const { connection, view } = await ownJob(app, request.application, request.params.JobId)
    await cancelJob(connection, request.application, view)
    return reply.code(204).send()
  })

  app.post('/Jobs/:JobId/Retry', { schema: retry }, async (request, reply) => {
    const { connection, view } = await ownOrForgottenJob(app, request.application, request.params.JobId)
    await retryJob(connection, request.application, view)
    const reopened = await readJob(app, connection, view.job.JobId)
    return sendRunning(reply, reopened?.job ?? view.job)
  })
}
