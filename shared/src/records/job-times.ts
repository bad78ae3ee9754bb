import type { JobStatus } from '../contract/job.ts'
import type { RecordsContext } from './context.ts'

/** A round of attempts that ended. Times in ms since the epoch. */
export type EndedRound = { round: number; status: JobStatus; statusCode: number; finishedAt: number; attempts: number }

/** When what happened to a job, as far as is still known. */
export type JobTimes = { firstSentAt?: number; sentAt?: number; nextAttemptAt?: number; rounds: EndedRound[] }

type StoredRound = { Round: number; Status: JobStatus; StatusCode: number; FinishedAt: number; Attempts: number }

/** Reads when what happened to a job; without its result, so it needs no sealing key. */
export async function readJobTimes({ redis, keys }: RecordsContext, jobId: string): Promise<JobTimes> {
  const fields = ['firstSentAt', 'sentAt'] as const
  const [mark, outcome, history] = await Promise.all([
    redis.hmget(keys.dispatch(jobId), ...fields, 'nextAttemptAt'),
    redis.hmget(keys.outcome(jobId), ...fields, 'round', 'status', 'statusCode', 'finishedAt', 'attempts'),
    redis.lrange(keys.history(jobId), 0, -1),
  ])
  const rounds = history.map((text): EndedRound => {
    const { Round, Status, StatusCode, FinishedAt, Attempts } = JSON.parse(text) as StoredRound
    return { round: Round, status: Status, statusCode: StatusCode, finishedAt: FinishedAt, attempts: Attempts }
  })
  const [, , round, status, statusCode, finishedAt, attempts] = outcome
  if (status) {
    rounds.push({
      round: Number(round),
      status: status as JobStatus,
      statusCode: Number(statusCode),
      finishedAt: Number(finishedAt),
      attempts: Number(attempts),
    })
  }
  const time = (text: string | null | undefined) => (Number(text ?? 0) > 0 ? Number(text) : undefined)
  const firstSentAt = time(mark[0] ?? outcome[0])
  const sentAt = time(mark[1] ?? outcome[1])
  const nextAttemptAt = time(mark[2])
  return {
    rounds,
    ...(firstSentAt && { firstSentAt }),
    ...(sentAt && { sentAt }),
    ...(nextAttemptAt && { nextAttemptAt }),
  }
}
