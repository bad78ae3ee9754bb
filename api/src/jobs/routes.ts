import { EncounterCreated } from '@encounter-gateway/shared/contract/encounter-created.ts'
import { Job } from '@encounter-gateway/shared/contract/job.ts'
import { refTo } from '@encounter-gateway/shared/contract/schema-forms.ts'
import { isJobId } from '@encounter-gateway/shared/sealing/job-id.ts'
import { Type, type FastifyPluginAsyncTypebox, type Static } from '@fastify/type-provider-typebox'
import { etagOf, isNamedIn } from './etag.ts'
import { cancelJob, newCredentialsOf, retryJob } from './cancel-and-retry.ts'
import { ownJob, ownOrForgottenJob } from './own-job.ts'
import { askAgainSeconds, sendOutcome, sendRunning } from './replies.ts'
import { waitAsPreferred } from './wait-as-preferred.ts'
import {
  documented,
  everyRoute,
  NewCredentials,
  preferField,
  problemReplies,
  runningReply,
} from '../http/documented.ts'

const params = Type.Object({ JobId: Type.String({ description: 'The JobId from the 202 reply.' }) })
const about = { tags: ['Jobs'], params }

const getJob = {
  ...about,
  operationId: 'getJob',
  summary: 'Get a job',
  description: 'With `Prefer: wait=N` the reply is sent when the job has ended, after at most N seconds.',
  headers: Type.Object({
    Prefer: preferField,
    'If-None-Match': Type.Optional(
      Type.String({ description: 'The ETag of an earlier reply: returns 304 if the job has not changed.' }),
    ),
  }),
  response: {
    200: documented('The job.', refTo(Job), ['ETag', 'Retry-After', 'Preference-Applied']),
    304: documented('The job has not changed.', undefined, ['ETag']),
    ...problemReplies(...everyRoute, 'not-found'),
  },
}

const getResult = {
  ...about,
  operationId: 'getJobResult',
  summary: 'Get the result of a job',
  description:
    'Returns the same status code and body as a `POST` that waited for the outcome: 201 with the encounter, or a problem; ' +
    '202 while the job has not ended.',
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
  summary: 'Cancel a job',
  description:
    'Cancels a job that was never sent to the EMR; a job that may have reached the EMR cannot be cancelled. Cancelling twice ' +
    'is harmless. The request is kept for a Retry as long as that of a failed job, then erased.',
  response: {
    204: documented('The job is cancelled.'),
    ...problemReplies(...everyRoute, 'not-found', 'conflict'),
  },
}

const retry = {
  ...about,
  operationId: 'retryJob',
  summary: 'Retry a job',
  description:
    'Begins a new round of attempts, with a new deadline, for a job that ended without success (`Cancelled` and `Expired` ' +
    'included), as long as its request is kept. If the encounter may exist in the EMR from an earlier round, the EMR is asked ' +
    'before anything is sent. Returns 409 while the batch of the job is being cancelled. ' +
    'With `LoginId` and `Password`, or `AuthorizationToken`, these replace the credentials of the request; then a job that ' +
    'still waits, for example `Parked` because the EMR refused its login, goes on with them at once.',
  headers: NewCredentials,
  response: {
    202: runningReply,
    ...problemReplies(...everyRoute, 'not-found', 'conflict', 'gone', 'invalid-request'),
  },
}

/** `/Jobs/:JobId`: get a job, get its result, cancel it, retry it. */
export const jobs: FastifyPluginAsyncTypebox = async (app) => {
  app.addHook<{ Params: Static<typeof params> }>('preHandler', async ({ noted, params: { JobId } }) => {
    if (isJobId(JobId)) noted['job'] = JobId
  })

  app.get('/Jobs/:JobId', { schema: getJob }, async (request, reply) => {
    const { connection, view } = await ownJob(app.connections, request.application, request.params.JobId)
    const { JobId } = view.job
    const waited = await waitAsPreferred(app, request, reply, {
      jobId: JobId,
      defaultSeconds: 0,
      ended: view.outcome !== undefined,
    })
    const { job, outcome } = (waited && !view.outcome && (await connection.records.jobs.view(JobId))) || view
    const etag = etagOf(job)
    reply.header('ETag', etag)
    if (isNamedIn(request.headers['if-none-match'], etag)) return reply.code(304).send()
    if (!outcome) reply.header('Retry-After', askAgainSeconds(job))
    return reply.code(200).send(job)
  })

  app.get('/Jobs/:JobId/Result', { schema: getResult }, async (request, reply) => {
    const { connection, view } = await ownOrForgottenJob(app.connections, request.application, request.params.JobId)
    const { JobId } = view.job
    const waited = await waitAsPreferred(app, request, reply, {
      jobId: JobId,
      defaultSeconds: 0,
      ended: view.outcome !== undefined,
    })
    return sendOutcome(reply, (waited && !view.outcome && (await connection.records.jobs.view(JobId))) || view)
  })

  app.delete('/Jobs/:JobId', { schema: cancel }, async (request, reply) => {
    const { connection, view } = await ownJob(app.connections, request.application, request.params.JobId)
    await cancelJob(connection, request.application, view)
    return reply.code(204).send()
  })

  app.post('/Jobs/:JobId/Retry', { schema: retry }, async (request, reply) => {
    const { connection, view } = await ownOrForgottenJob(app.connections, request.application, request.params.JobId)
    const credentials = newCredentialsOf(request, connection.settings.emrSystem)
    await retryJob(connection, request.application, view, credentials)
    const reopened = await connection.records.jobs.view(view.job.JobId)
    return sendRunning(reply, reopened?.job ?? view.job)
  })
}
