import type { HistoryEvent } from './history.ts'
import { showBar } from './progress-bar.ts'
import type { NemesisEvent } from './schedule.ts'

/** The state of a run at one moment, counted as its history grows. */
type Count = { accepted: number; ended: number; retries: number; faults: Map<number, string> }

/** Shows the progress of a run, by its history. Returns the function that ends it. */
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
  return showBar(out, () => {
    for (; seen < events.length; seen++) add(events[seen], count, told)
    const ms = events.at(-1)?.ms ?? 0
    const faults = [...count.faults.values()].join(' ') || 'quiet'
    const done = schedule.filter(({ atMs }) => atMs <= ms).length
    const { accepted, ended, retries } = count
    const text = `${Math.round(ms / 1000)} s, accepted ${accepted}, ended ${ended} of ${encounters}, retries ${retries}, nemesis ${done}/${schedule.length}: ${faults}`
    return { share: ended / encounters, text }
  })
}

function add(event: HistoryEvent | undefined, count: Count, told: Set<string>): void {
  if (event?.what === 'reply' && !event.mayExpire) {
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
