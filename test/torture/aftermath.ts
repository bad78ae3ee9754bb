import type { Job } from '@encounter-gateway/shared/contract/job.ts'
import { asDemo } from '../fixtures/processes.ts'
import type { History } from './history.ts'
import type { Stage } from './stage.ts'

const PAGE = 5_000
const AT_ONCE = 24

type Listed = { EncounterId: string; CorrelationKey: string; CreatedAt: string }

/** Writes into the history what the EMR has and the state of each job, from `GET /encounters` and `GET /Jobs/{id}`. */
export async function noteAftermath(stage: Stage, jobIds: ReadonlySet<string>, history: History): Promise<void> {
  let after = ''
  for (;;) {
    const query = `limit=${PAGE}${after && `&after=${after}`}`
    const page = (await (await fetch(`${stage.emrUrl}/encounters?${query}`)).json()) as Listed[]
    for (const { EncounterId, CorrelationKey, CreatedAt } of page) {
      history.note({ what: 'creation', jobId: CorrelationKey, encounterId: EncounterId, createdAt: CreatedAt })
    }
    const last = page.at(-1)
    if (!last) break
    after = last.EncounterId
  }
  const left = [...jobIds]
  const work = async () => {
    for (let jobId = left.pop(); jobId !== undefined; jobId = left.pop()) await noteJob(stage, jobId, history)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
}

async function noteJob({ apiUrls }: Stage, jobId: string, history: History): Promise<void> {
  const answer = await fetch(`${apiUrls[0]}/api/v1/Jobs/${jobId}`, { headers: asDemo })
  const job = (await answer.json()) as Partial<Job>
  history.note({
    what: 'job',
    jobId,
    http: answer.status,
    ...(job.Status && { status: job.Status }),
    ...(job.StatusCode && { statusCode: job.StatusCode }),
    ...(job.EncounterId && { encounterId: job.EncounterId }),
    ...(job.Attempts !== undefined && { attempts: job.Attempts }),
    ...(job.Recovered && { recovered: true }),
  })
}
