import { createWriteStream } from 'node:fs'
import { once } from 'node:events'
import type { NemesisKind } from './schedule.ts'

/** What happened. `status` 0: there was no answer. */
export type Happening =
  | { what: 'submit'; key: string; api: number; try: number }
  | { what: 'reply'; key: string; api: number; try: number; status: number; jobId?: string; error?: string }
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
    }
  | { what: 'process'; name: string; state: 'started' | 'ended'; expected: boolean; pid?: number; note?: string }
  | {
      what: 'log'
      process: string
      event: string
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
  | { what: 'creation'; jobId: string; encounterId: string; createdAt: string }
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
