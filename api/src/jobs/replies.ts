import { SECOND } from '@encounter-gateway/shared/durations.ts'
import type { Job } from '@encounter-gateway/shared/contract/job.ts'
import { problem } from '@encounter-gateway/shared/contract/problem.ts'
import type { JobView } from '@encounter-gateway/shared/records/job-view.ts'
import type { FastifyReply } from 'fastify'
import { sendProblem } from '../http/problems.ts'

/** The default `Retry-After` of a running job; most encounters are created within this time. */
const ASK_AGAIN_S = 2
const ASK_AGAIN_AT_MOST_S = 60

/** The path of a job. */
export function jobPath(jobId: string): string {
  return `/api/v1/Jobs/${jobId}`
}

/** Sends a 202 with a job that has not ended. */
export function sendRunning(reply: FastifyReply, job: Job): FastifyReply {
  return reply
    .code(202)
    .headers({ Location: jobPath(job.JobId), 'Retry-After': askAgainSeconds(job) })
    .send(job)
}

/** Sends the outcome of a job: the encounter (201) or a problem; a 202 if the job has not ended. */
export function sendOutcome(reply: FastifyReply, { job, outcome }: Pick<JobView, 'job' | 'outcome'>): FastifyReply {
  if (!outcome) return sendRunning(reply, job)
  const { EncounterId = '', AlternativeIdentifiers = [], Problem } = outcome.result
  if (outcome.status === 'Succeeded') return reply.code(201).send({ EncounterId, AlternativeIdentifiers })
  const told = Problem ?? problem('dispatch-failed', 'The job ended without a recorded reason.')
  return sendProblem(reply, { ...told, status: outcome.statusCode, instance: jobPath(job.JobId) })
}

/** Seconds until the state of the job is likely to have changed. */
export function askAgainSeconds({ NextAttemptAt }: Pick<Job, 'NextAttemptAt'>, now = Date.now()): number {
  if (!NextAttemptAt) return ASK_AGAIN_S
  const seconds = Math.ceil((Date.parse(NextAttemptAt) - now) / SECOND)
  return Math.min(Math.max(seconds, ASK_AGAIN_S), ASK_AGAIN_AT_MOST_S)
}
