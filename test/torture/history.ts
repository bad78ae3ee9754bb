import { createWriteStream } from 'node:fs'
import { once } from 'node:events'
import type { NemesisKind } from './schedule.ts'

/** What happened. `status` 0: there was no answer. */
export type Happening =
  | { what: 'submit'; key: string; api: number; try: number }
  | {
      what: 'reply'
      key: string
      api: number
      try: number
      status: number
      jobId?: string
      error?: string
      /** It was sent to the EMR whose outage is longer than the deadline: see outage.ts. */
      mayExpire?: true
    }
  | { what: 'cancel'; jobId: string; api: number; status: number }
  | {
      what: 'nemesis'
      n: number
      kind: NemesisKind
      phase: 'begin' | 'end' | 'skipped'
      /** The affected process. */
      target?: string
      /** Jobs that were active when a worker was killed, in any worker. */
      jobs?: string[]
      note?: string
      /** For how long after its end it may still have effects; a second if absent. */
      afterMs?: number
    }
  /** A worker was told to end by SIGTERM at `fromMs`, and ended so. */
  | { what: 'stop'; name: string; how: string; fromMs: number }
  | { what: 'process'; name: string; state: 'started' | 'ended'; expected: boolean; pid?: number; note?: string }
  | {
      what: 'log'
      process: string
      event: string
      /** Left out for the connection under torture. */
      connection?: string
      job?: string
      attempt?: number
      outcome?: string
      code?: number
      /** ms that the call took */
      took?: number
      openMs?: number
      status?: string
    }
  | {
      what: 'webhook'
      id: string
      jobId: string
      type: string
      statusCode: number
      verified: boolean
      answered: number
    }
  | { what: 'quiet' }
  | {
      what: 'creation'
      jobId: string
      encounterId: string
      createdAt: string
      /** In the EMR that has the long outages. */
      outage?: true
    }
  | KeyHappening
  | {
      what: 'job'
      jobId: string
      /** of GET /api/v1/Jobs/{id} */
      http: number
      status?: string
      statusCode?: number
      encounterId?: string
      attempts?: number
      recovered?: boolean
    }

/** What a submitter that uses old keys again did, and what came of it; times are ms since the epoch. See key-reuser.ts. */
export type KeyHappening =
  /** `id` is a JobId, or of a batch its BatchId; `content` says what was sent: the same word, the same content. */
  | { what: 'key use'; key: string; content: string; sentAt: number; answeredAt: number; status: number; id?: string }
  /** What a use made has ended, the last of it at `finishedAt`. */
  | { what: 'key end'; key: string; id: string; finishedAt: number; made: KeyMade[] }
  /** An encounter in the EMR which deduplicates by correlation key for ever. */
  | { what: 'key creation'; encounterId: string; patientId: string }

/** One job of a key: for whom it was, and how it ended. */
export type KeyMade = { jobId: string; patientId: string; status: string; encounterId?: string }

/** With ms since the start of the run. */
export type HistoryEvent = { ms: number } & Happening

/** All events, in order, in memory and in a file of one JSON line each. */
export type History = {
  readonly events: readonly HistoryEvent[]
  /** ms since the start of the run */
  now(): number
  /** Ignored once the history is closed. */
  note(happening: Happening): void
  /** Resolves when the file is complete. */
  close(): Promise<void>
}

/** Begins a history: the run starts now. Without a path it is kept in memory alone. */
export function openHistory(path?: string): History {
  const events: HistoryEvent[] = []
  const startedAt = performance.now()
  const file = path === undefined ? undefined : createWriteStream(path)
  let closed = false
  const now = () => Math.round(performance.now() - startedAt)
  return {
    events,
    now,
    note(happening) {
      if (closed) return
      const event = { ms: now(), ...happening }
      events.push(event)
      file?.write(`${JSON.stringify(event)}\n`)
    },
    async close() {
      closed = true
      if (!file) return
      file.end()
      await once(file, 'finish')
    },
  }
}
