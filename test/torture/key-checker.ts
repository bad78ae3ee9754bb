import type { Finding } from './checker.ts'
import { KEPT_MS } from './connections.ts'
import type { HistoryEvent, KeyMade } from './history.ts'

/** How near the end of its time a key's use may come to be undecided: clocks in whole ms, a Redis that was held up. */
export const KEY_MARGIN_MS = 1_500

type Use = Extract<HistoryEvent, { what: 'key use' }>
type End = Extract<HistoryEvent, { what: 'key end' }>

/**
 * Every broken promise about Idempotency-Keys: within its time a key names one job, and refuses other content; after it the key makes
 * a new job and a new encounter; and no job ever names an encounter that was made for another.
 */
export function checkKeys(history: readonly HistoryEvent[]): Finding[] {
  const uses = Map.groupBy(
    history.filter((event) => event.what === 'key use'),
    ({ key }) => key,
  )
  const ends = history.filter((event) => event.what === 'key end')
  return [...uses.values().flatMap((ofKey) => checkUses(ofKey, ends)), ...checkEncounters(history, ends)]
}

function checkUses(uses: readonly Use[], ends: readonly End[]): Finding[] {
  const found: Finding[] = []
  const ids = new Set<string>()
  let holder: Use | undefined
  let finishedAt: number | undefined
  for (const use of uses) {
    const broken = (invariant: string, detail: string) => void found.push({ invariant, detail, key: use.key })
    if (!holder) {
      if (use.status !== 202) broken('a new key makes a job', `it was answered ${use.status}`)
    } else if (finishedAt !== undefined && use.answeredAt < finishedAt + KEPT_MS - KEY_MARGIN_MS) {
      if (use.content === holder.content) {
        if (use.id !== holder.id) broken('a key in its time names its job', `${use.status} ${use.id}, not ${holder.id}`)
      } else if (use.status !== 422) broken('a key in its time refuses other content', `it was answered ${use.status}`)
      continue
    } else if (finishedAt !== undefined && use.sentAt > finishedAt + KEPT_MS + KEY_MARGIN_MS) {
      if (use.status !== 202) broken('a key after its time makes a new job', `it was answered ${use.status}`)
      else if (ids.has(use.id ?? ''))
        broken('a key after its time makes a new job', `it named ${use.id}, of an earlier use`)
    }
    if (use.status !== 202) continue
    holder = use
    // the next one: an id that is given again, which is a fault, has ended before
    finishedAt = ends.find(({ ms, id }) => id === use.id && ms >= use.ms)?.finishedAt
    if (use.id !== undefined) ids.add(use.id)
  }
  return found
}

function checkEncounters(history: readonly HistoryEvent[], ends: readonly End[]): Finding[] {
  const inEmr = new Map(
    history.filter((event) => event.what === 'key creation').map((event) => [event.encounterId, event.patientId]),
  )
  const namedBy = new Map<string, string>()
  const made = ends.flatMap((end) => end.made.map((one) => ({ ...one, key: end.key })))
  return made.flatMap(({ jobId, patientId, status, encounterId, key }: KeyMade & { key: string }) => {
    const broken = (invariant: string, detail: string): Finding[] => [{ invariant, detail, jobId, key }]
    if (status !== 'Succeeded' || encounterId === undefined) return []
    const patient = inEmr.get(encounterId)
    if (patient === undefined) return broken('succeeded means created', `the EMR has no ${encounterId}`)
    if (patient !== patientId) {
      return broken('no encounter of another request', `${encounterId} is of ${patient}, the job of ${patientId}`)
    }
    const other = namedBy.get(encounterId)
    namedBy.set(encounterId, jobId)
    if (other === undefined) return []
    return broken('no encounter of another request', `${encounterId} is named by ${other} as well`)
  })
}
