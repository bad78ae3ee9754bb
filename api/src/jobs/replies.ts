import type { Job } from '@encounter-gateway/shared/contract/job.ts'
import { problem } from '@encounter-gateway/shared/contract/problem.ts'
import type { JobView } from '@encounter-gateway/shared/records/job-view.ts'
import type { FastifyReply } from 'fastify'
import { sendProblem } from '../http/problems.ts'

const SECOND = 1000
/** When to ask again about a job of which nothing better is known; most encounters are created within it. */
const ASK_AGAIN_S = 2
const ASK_AGAIN_AT_MOST_S = 60

/** Where a job is to be asked for. */
export function jobPath(jobId: string): string {
  return `/api/v1/Jobs/${jobId}`
}

/** 202: the job is on its way. */
export function sendRunning(reply: FastifyReply, job: Job): FastifyReply {
  return reply
    .code(202)
    .headers({ Location: jobPath(job.JobId), 'Retry-After': askAgainSeconds(job) })
    .send(job)
}

/** What the caller would have got from an EMR that answers at once: the encounter (201) or a problem; 202 if not ended. */
export function sendOutcome(reply: FastifyReply, { job, outcome }: Pick<JobView, 'job' | 'outcome'>): FastifyReply {
  if (!outcome) return sendRunning(reply, job)
  const { EncounterId = '', AlternativeIdentifiers = [], Problem } = outcome.result
  if (outcome.status === 'Succeeded') return reply.code(201).send({ EncounterId, AlternativeIdentifiers })
  const told = Problem ?? problem('dispatch-failed', 'The job ended without a reason.')
  return sendProblem(reply, { ...told, status: outcome.statusCode, instance: jobPath(job.JobId) })
}

/** Seconds until it is worth asking again. */
export function askAgainSeconds({ NextAttemptAt }: Pick<Job, 'NextAttemptAt'>, now = Date.now()): number {
  if (!NextAttemptAt) return ASK_AGAIN_S
  const seconds = Math.ceil((Date.parse(NextAttemptAt) - now) / SECOND)
  return Math.min(Math.max(seconds, ASK_AGAIN_S), ASK_AGAIN_AT_MOST_S)
}
