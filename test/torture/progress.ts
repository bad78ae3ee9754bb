import type { HistoryEvent } from './history.ts'
import type { NemesisEvent } from './schedule.ts'

const LINE_EVERY_MS = 10_000
const BAR_EVERY_MS = 200
const BAR_WIDTH = 24

/** What is known of a run at one moment, counted as its history grows. */
type Count = { accepted: number; ended: number; retries: number; faults: Map<number, string> }

/** Shows how far a run is: a bar on a terminal, else a line every ten seconds. Returns what ends it. */
export function showProgress(about: {
  events: readonly HistoryEvent[]
  schedule: readonly NemesisEvent[]
  encounters: number
  out: NodeJS.WriteStream
}): () => void {
  const { events, schedule, encounters, out } = about
  const count: Count = { accepted: 0, ended: 0, retries: 0, faults: new Map() }
  const told = new Set<string>()
  let seen = 0
  const show = () => {
    for (; seen < events.length; seen++) add(events[seen], count, told)
    const ms = events.at(-1)?.ms ?? 0
    const faults = [...count.faults.values()].join(' ') || 'quiet'
    const done = schedule.filter(({ atMs }) => atMs <= ms).length
    const text = `${Math.round(ms / 1000)} s, accepted ${count.accepted}, ended ${count.ended} of ${encounters}, retries ${count.retries}, nemesis ${done}/${schedule.length}: ${faults}`
    if (!out.isTTY) return out.write(`${text}\n`)
    const filled = Math.min(BAR_WIDTH, Math.floor((count.ended / encounters) * BAR_WIDTH))
    const bar = `[${'#'.repeat(filled).padEnd(BAR_WIDTH, '.')}] ${text}`
    return out.write(`\r\x1b[2K${bar.slice(0, (out.columns ?? 120) - 1)}`)
  }
  const timer = setInterval(show, out.isTTY ? BAR_EVERY_MS : LINE_EVERY_MS)
  return () => {
    clearInterval(timer)
    show()
    if (out.isTTY) out.write('\n')
  }
}

function add(event: HistoryEvent | undefined, count: Count, told: Set<string>): void {
  if (event?.what === 'reply') {
    if (event.status === 202 && !told.has(event.key)) {
      told.add(event.key)
      count.accepted++
    } else if (event.status !== 202) count.retries++
  }
  if (event?.what === 'webhook' && event.answered === 204 && !told.has(event.jobId)) {
    told.add(event.jobId)
    count.ended++
  }
  if (event?.what === 'nemesis') {
    if (event.phase === 'begin') count.faults.set(event.n, event.kind)
    else count.faults.delete(event.n)
  }
}
