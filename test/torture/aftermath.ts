import type { Job } from '@encounter-gateway/shared/contract/job.ts'
import { asDemo } from '../fixtures/processes.ts'
import type { History } from './history.ts'
import type { Stage } from './stage.ts'

const PAGE = 5_000
const AT_ONCE = 24

type Listed = { EncounterId: string; CorrelationKey: string; CreatedAt: string }

/** Writes into the history what the EMR has and the state of each job, from `GET /encounters` and `GET /Jobs/{id}`. */
export async function noteAftermath(stage: Stage, jobIds: ReadonlySet<string>, history: History): Promise<void> {
  for await (const encounter of listEncounters(stage.emrUrl)) history.note({ what: 'creation', ...encounter })
  for await (const encounter of listEncounters(stage.outage.emr.baseUrl)) {
    history.note({ what: 'creation', ...encounter, outage: true })
  }
  for (const { encounterId, content } of stage.ofKeys?.emr.encounters() ?? []) {
    history.note({ what: 'key creation', encounterId, patientId: patientIn(content) })
  }
  const left = [...jobIds]
  const work = async () => {
    for (let jobId = left.pop(); jobId !== undefined; jobId = left.pop()) await noteJob(stage, jobId, history)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
}

async function* listEncounters(emrUrl: string) {
  let after = ''
  for (;;) {
    const query = `limit=${PAGE}${after && `&after=${after}`}`
    const page = (await (await fetch(`${emrUrl}/encounters?${query}`)).json()) as Listed[]
    for (const { EncounterId, CorrelationKey, CreatedAt } of page) {
      yield { jobId: CorrelationKey, encounterId: EncounterId, createdAt: CreatedAt }
    }
    const last = page.at(-1)
    if (!last) return
    after = last.EncounterId
  }
}

/** The patient of a FHIR resource by the identifier that key-reuser.ts gives. */
function patientIn(content: unknown): string {
  return /K\d+x\d+x\d+x\d+/.exec(JSON.stringify(content))?.[0] ?? 'nobody'
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
