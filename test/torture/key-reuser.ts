import { setTimeout as delay } from 'node:timers/promises'
import type { Batch, BatchItem } from '@encounter-gateway/shared/contract/batch.ts'
import type { Job } from '@encounter-gateway/shared/contract/job.ts'
import { Agent, request } from 'undici'
import { asDemo } from '../fixtures/processes.ts'
import { KEPT_MS, keyConnection } from './connections.ts'
import type { History, KeyMade } from './history.ts'
import { KEY_MARGIN_MS } from './key-checker.ts'
import { ANSWER_MS } from './sender.ts'

/** Keys that are used side by side; every third is that of a batch. */
const KEYS = 9
const LINES = 3
const AGAIN_MS = 200

type Content = { word: string; patients: string[] }

/** A submitter that uses its Idempotency-Keys again, within their time and after it. */
export type KeyReuser = {
  /** Begins no further use; resolves when those that were begun have ended and are noted, or with `close`. */
  finish(): Promise<void>
  close(): Promise<void>
}

/**
 * Starts at once. Each key is used for a patient and, once that has ended, again: within its time for the same patient and for another;
 * after its time in turn for another and for the same. Notes what it was answered and what came of it; see key-checker.ts.
 */
export function startKeyReuser(about: { apiUrl: string; seed: number; history: History }): KeyReuser {
  const { apiUrl, seed, history } = about
  const agent = new Agent({ connections: KEYS * 2, headersTimeout: ANSWER_MS, bodyTimeout: ANSWER_MS })
  const stopped = new AbortController()
  const { signal } = stopped
  const end = new AbortController()
  const headers = { ...asDemo, loginid: 'keys', password: 'keys', emrinstance: keyConnection.emrInstance }

  async function get<Body>(path: string, read: (text: string) => Body): Promise<Body | number> {
    const reply = await request(`${apiUrl}${path}`, { headers, dispatcher: agent, signal })
    const text = await reply.body.text()
    return reply.statusCode === 200 ? read(text) : reply.statusCode
  }

  /** Until it is answered for good; 202 and 422 are. */
  async function use(key: string, isBatch: boolean, { word, patients }: Content): Promise<string | undefined> {
    for (;;) {
      const sentAt = Date.now()
      const answer = await post(key, isBatch, patients).catch(() => ({ status: 0 }))
      signal.throwIfAborted()
      if (![0, 429, 503].includes(answer.status)) {
        history.note({ what: 'key use', key, content: word, sentAt, answeredAt: Date.now(), ...answer })
        return answer.status === 202 && 'id' in answer ? answer.id : undefined
      }
      await delay(AGAIN_MS, undefined, { signal })
    }
  }

  async function post(key: string, isBatch: boolean, patients: string[]) {
    const lines = patients.map((PatientId) => JSON.stringify({ UserId: 'keys', PatientId, Encounter: {} }))
    const reply = await request(`${apiUrl}/api/v1/Sandbox/PatientEncounters${isBatch ? '/Batch' : ''}`, {
      method: 'POST',
      headers: {
        ...headers,
        'idempotency-key': key,
        'content-type': isBatch ? 'application/x-ndjson' : 'application/json',
      },
      body: lines.join('\n'),
      dispatcher: agent,
      signal,
    })
    const { BatchId, JobId } = (await reply.body.json()) as { BatchId?: string; JobId?: string }
    const id = BatchId ?? JobId
    return { status: reply.statusCode, ...(id !== undefined && { id }) }
  }

  /** What was made, and when the last of it ended (ms since the epoch); nothing if it was forgotten before it was seen. */
  async function untilEnded(id: string, isBatch: boolean, { patients }: Content) {
    for (;;) {
      const seen = await (isBatch ? seeBatch(id, patients) : seeJob(id, patients)).catch(() => undefined)
      signal.throwIfAborted()
      if (seen === 404 || seen === 410) return undefined
      if (typeof seen === 'object') return seen
      await delay(AGAIN_MS, undefined, { signal })
    }
  }

  async function seeJob(jobId: string, [patientId = '']: string[]) {
    const job = await get(`/api/v1/Jobs/${jobId}`, (text) => JSON.parse(text) as Job)
    if (typeof job === 'number' || job.FinishedAt === undefined) return job === 404 || job === 410 ? job : undefined
    return { finishedAt: Date.parse(job.FinishedAt), made: [madeOf({ ...job, JobId: jobId }, patientId)] }
  }

  async function seeBatch(batchId: string, patients: string[]) {
    const batch = await get(`/api/v1/Batches/${batchId}`, (text) => JSON.parse(text) as Batch)
    if (typeof batch === 'number' || batch.FinishedAt === undefined) {
      return batch === 404 || batch === 410 ? batch : undefined
    }
    const items = await get(`/api/v1/Batches/${batchId}/Results`, (text) =>
      text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as BatchItem),
    )
    if (typeof items === 'number') return items === 404 || items === 410 ? items : undefined
    const made = items.map((item) => madeOf(item, patients[item.ItemIndex] ?? ''))
    return { finishedAt: Date.parse(batch.FinishedAt), made }
  }

  async function reuse(n: number): Promise<void> {
    const isBatch = n % 3 === 2
    for (let key = `keys-${seed}-${n}`, of = 0, content = contentOf(n, of); !end.signal.aborted;) {
      const id = await use(key, isBatch, content)
      const ended = id === undefined ? undefined : await untilEnded(id, isBatch, content)
      if (id === undefined || !ended) {
        key += '-next'
        continue
      }
      history.note({ what: 'key end', key, id, ...ended })
      await use(key, isBatch, content)
      // what is in a batch is not known when it begins: another content is told line by line
      if (!isBatch) await use(key, isBatch, contentOf(n, of + 1))
      const untilMs = ended.finishedAt + KEPT_MS + KEY_MARGIN_MS + 100 - Date.now()
      await delay(Math.max(untilMs, 0), undefined, { signal })
      if (n % 2 === 0) content = contentOf(n, ++of)
    }
  }

  const contentOf = (n: number, of: number): Content => ({
    word: String(of),
    patients: Array.from({ length: n % 3 === 2 ? LINES : 1 }, (_, line) => `K${seed}x${n}x${of}x${line}`),
  })

  const done = Promise.all(Array.from({ length: KEYS }, (_, n) => reuse(n))).catch((error: unknown) => {
    if (!signal.aborted) throw error
  })
  // told by `finish`
  done.catch(() => undefined)
  return {
    async finish() {
      end.abort()
      await done
    },
    async close() {
      stopped.abort()
      await agent.destroy()
      await done.catch(() => undefined)
    },
  }
}

function madeOf(
  { JobId = '', Status, EncounterId }: { JobId?: string; Status: string; EncounterId?: string },
  patientId: string,
): KeyMade {
  return { jobId: JobId, patientId, status: Status, ...(EncounterId !== undefined && { encounterId: EncounterId }) }
}
