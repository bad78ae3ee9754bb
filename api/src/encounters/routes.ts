import { nameOf } from '@encounter-gateway/shared/contract/connection-name.ts'
import { emrSystemsInWords } from '@encounter-gateway/shared/contract/emr-system.ts'
import { EncounterCreated } from '@encounter-gateway/shared/contract/encounter-created.ts'
import { HeaderParameters } from '@encounter-gateway/shared/contract/header-parameters.ts'
import { PatientEncounterRequest, takeEncounter } from '@encounter-gateway/shared/contract/patient-encounter.ts'
import { Preview } from '@encounter-gateway/shared/contract/preview.ts'
import { refTo } from '@encounter-gateway/shared/contract/schema-forms.ts'
import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { chooseConnection, chooseEmrSystem, ownEmrSystem } from './choose-connection.ts'
import { intake } from './accept-request.ts'
import { jobPath, sendOutcome, sendRunning } from '../jobs/replies.ts'
import { readParameters } from './read-parameters.ts'
import { readPreferences } from '../jobs/preferences.ts'
import { waitAsPreferred } from '../jobs/wait-as-preferred.ts'
import { sendProblem } from '../http/problems.ts'
import { endWait } from './wait-over.ts'
import {
  documented,
  everyRoute,
  idempotencyKeyField,
  preferField,
  problemReplies,
  runningReply,
} from '../http/documented.ts'

const schema = {
  operationId: 'createPatientEncounter',
  tags: ['PatientEncounters'],
  summary: 'Create a patient encounter',
  description:
    'Stores the request durably and returns 202 with its job; workers then create the encounter in the EMR, at most once. ' +
    'With `Prefer: wait=N` the reply is the outcome if it is known in time: 201 with the encounter, or a problem. ' +
    'The header parameters may also be sent as properties of the body; a header takes precedence. ' +
    'With `DryRun=true` nothing is stored or sent: the reply is what the EMR would get.',
  params: Type.Object({
    EMRSystem: Type.String({
      description: `The EMR, in any letter case: ${emrSystemsInWords}.`,
    }),
  }),
  // a misspelt DryRun must not create an encounter
  querystring: Type.Object(
    {
      DryRun: Type.Optional(
        Type.Boolean({
          default: false,
          description:
            'Replies with what would be sent to the EMR, and creates nothing. The request is checked as usual; Prefer and ' +
            'Idempotency-Key have no effect.',
        }),
      ),
    },
    { additionalProperties: false },
  ),
  headers: Type.Object({
    ...HeaderParameters.properties,
    Prefer: preferField,
    'Idempotency-Key': idempotencyKeyField,
  }),
  body: PatientEncounterRequest,
  response: {
    200: documented('What would be sent to the EMR. Only with `DryRun=true`.', refTo(Preview)),
    201: documented('The encounter exists in the EMR. Only with `Prefer: wait=N`.', refTo(EncounterCreated), [
      'Location',
      'Preference-Applied',
    ]),
    202: {
      ...runningReply,
      headers: { ...runningReply.headers, ...documented('', undefined, ['Idempotency-Replayed']).headers },
    },
    ...problemReplies(
      ...everyRoute,
      ...(['invalid-json', 'invalid-request', 'invalid-header', 'emr-rejected-content'] as const),
      ...(['emr-login-failed', 'forbidden', 'emr-refused-user', 'unknown-emr-system', 'unknown-connection'] as const),
      ...(['outcome-unknown', 'emr-timeout', 'expired', 'cancelled', 'payload-too-large', 'queue-full'] as const),
      ...(['unsupported-media-type', 'idempotency-mismatch', 'dispatch-failed', 'emr-unavailable'] as const),
    ),
  },
}

/** What the EMR would get. Another application's EMR is a 404 here: whoever only looks learns nothing about it. */
async function preview(
  app: FastifyInstance,
  request: FastifyRequest<{ Params: { EMRSystem: string }; Body: PatientEncounterRequest }>,
): Promise<Preview> {
  const { application, body } = request
  const emrSystem = ownEmrSystem(request.params.EMRSystem, application, app.connections)
  const { parameters } = readParameters(request, emrSystem)
  const connection = chooseConnection(emrSystem, parameters.EmrInstance, application, app.connections)
  Object.assign(request.noted, { connection: nameOf(connection.settings), dryRun: 'true' })
  return app.preview(connection, application, takeEncounter(body))
}

/** `POST /:EMRSystem/PatientEncounters`: creates an encounter. */
export const patientEncounters: FastifyPluginAsyncTypebox = async (app) => {
  app.post('/:EMRSystem/PatientEncounters', { schema, attachValidation: true }, async (request, reply) => {
    const { application, body, rawBody, query, validationError } = request
    if (validationError?.validationContext === 'querystring') throw validationError
    if (query.DryRun) return preview(app, request)
    const emrSystem = chooseEmrSystem(request.params.EMRSystem, application, app.connections)
    const { parameters, idempotencyKey } = readParameters(request, emrSystem)
    const connection = chooseConnection(emrSystem, parameters.EmrInstance, application, app.connections)

    const { job, replayed } = await intake(app, connection, {
      application,
      body,
      rawBody,
      parameters,
      idempotencyKey,
    })
    Object.assign(request.noted, { connection: nameOf(connection.settings), job: job.JobId })
    if (replayed) reply.header('Idempotency-Replayed', 'true')

    const waiting = {
      jobId: job.JobId,
      defaultSeconds: application.waitSeconds,
      ended: replayed && job.FinishedAt !== undefined,
    }
    const waited = await waitAsPreferred(app, request, reply, waiting)
    const knowsJobs = application.waitOver !== 'seed' || readPreferences(request.headers['prefer']).respondAsync
    if (!waited && knowsJobs) return sendRunning(reply, job)
    reply.header('Location', jobPath(job.JobId))
    // the job is accepted even if this read fails
    const read = () => connection.records.jobs.view(job.JobId).catch(() => undefined)
    const view = await read()
    if (knowsJobs || view?.outcome) return sendOutcome(reply, view ?? { job })
    const over = await endWait(connection, application, job)
    if (over !== 'ended') return sendProblem(reply, over)
    return sendOutcome(reply, (await read()) ?? { job })
  })
}
