import type { Application } from '@encounter-gateway/shared/config/schema.ts'
import type { MergedHeaderParameters } from '@encounter-gateway/shared/contract/header-parameters.ts'
import type { Job } from '@encounter-gateway/shared/contract/job.ts'
import type { PatientEncounterRequest } from '@encounter-gateway/shared/contract/patient-encounter.ts'
import { packPayload } from '@encounter-gateway/shared/sealing/payload.ts'
import type { FastifyInstance } from 'fastify'
import type { EmrConnection } from '../connections/connections.ts'
import { headOf } from '../http/header-parameters.ts'
import { Refusal } from '../http/refusal.ts'

/** A validated request. */
export type ValidRequest = {
  application: Application
  body: PatientEncounterRequest
  /** The bytes of `body` as received. */
  rawBody: Buffer | undefined
  parameters: MergedHeaderParameters
  idempotencyKey: string | undefined
}

/**
 * Stores a request durably and queues it. `replayed`: its Idempotency-Key was used before, for the returned job. Throws
 * a 422 if the key was used with different content.
 */
export async function intake(
  app: FastifyInstance,
  connection: EmrConnection,
  request: ValidRequest,
): Promise<{ job: Job; replayed: boolean }> {
  const { settings, records } = connection
  const { application, body, idempotencyKey: key } = request
  await app.checkCapacity(connection, application)
  const plain = packPayload(headOf(request.parameters), bytesToSeal(request))
  const keyed = key ? { key, content: body } : undefined
  const accepted = await records.jobs.accept({ application: application.name, plain, keyed })
  const job = queuedJob(connection, accepted.jobId, accepted.acceptedAt)
  if (accepted.kind === 'new') {
    app.countAccepted(settings)
    return { job, replayed: false }
  }
  if (!accepted.sameContent) {
    const { jobId: JobId } = accepted
    const detail = `This Idempotency-Key was already used for a different request, which became job ${JobId}; use a new key.`
    throw new Refusal('idempotency-mismatch', detail, { JobId })
  }
  const view = await records.jobs.view(accepted.jobId)
  return { job: view?.job ?? job, replayed: true }
}

/** The bytes as received, unless they contain the application's key, which must not be stored, not even sealed. */
export function bytesToSeal({ body, rawBody }: Pick<ValidRequest, 'body' | 'rawBody'>): Buffer {
  if (rawBody && !body.ApplicationKey) return rawBody
  return Buffer.from(JSON.stringify({ ...body, ApplicationKey: undefined }))
}

/** A job at the moment of its acceptance. */
function queuedJob({ settings }: EmrConnection, JobId: string, acceptedAt: number): Job {
  const at = new Date(acceptedAt).toISOString()
  return {
    JobId,
    EMRSystem: settings.emrSystem,
    EmrInstance: settings.emrInstance,
    Status: 'Queued',
    CreatedAt: at,
    UpdatedAt: at,
    Attempts: 0,
    MaxAttempts: settings.maxAttempts,
  }
}
