import type { HistoryEvent } from './history.ts'
import { faultTimes, isTortured, openBreakerIntervals } from './breaker-intervals.ts'
import { checkKeys } from './key-checker.ts'

/** A broken invariant: what was found, and about which job or key. */
export type Finding = { invariant: string; detail: string; jobId?: string; key?: string }

type Of<What extends HistoryEvent['what']> = Extract<HistoryEvent, { what: What }>

/** What is known of one accepted job. */
type Known = {
  jobId: string
  keys: Set<string>
  job?: Of<'job'>
  creations: Of<'creation'>[]
  webhooks: Of<'webhook'>[]
  cancelled: boolean
  setAside: boolean
  /** Its EMR was away for longer than its deadline. */
  mayExpire: boolean
}

const webhookTypes: Record<string, string> = {
  Succeeded: 'encounter.created',
  Failed: 'encounter.failed',
  OutcomeUnknown: 'encounter.outcome_unknown',
  Cancelled: 'encounter.cancelled',
  Expired: 'encounter.expired',
}

/**
 * Every broken invariant of a finished run, by its history alone. The connection's policy is `reconcile` against an EMR that
 * can be asked, so a job may end in doubt only if it was set aside; the deadline is a day, so none may expire. Only where the EMR was
 * away for longer than the deadline (outage.ts) a job may expire, if it was never sent, or be in doubt.
 */
export function check(history: readonly HistoryEvent[]): Finding[] {
  const { jobs, jobsOfKey, strays } = gather(history)
  return [
    ...jobsOfKey.entries().flatMap(([key, ids]) => {
      if (ids.size === 1) return []
      return [{ invariant: 'one job for a key', key, detail: `the key was given ${[...ids].join(' and ')}` }]
    }),
    ...jobs.values().flatMap(checkJob),
    ...strays.map(({ jobId, encounterId }) => {
      const detail = `the EMR has ${encounterId} under a key that no client was given`
      return { invariant: 'no encounter without a job', jobId, detail }
    }),
    ...checkReplies(history),
    ...checkProcesses(history),
    ...checkStops(history),
    ...checkBreaker(history),
    ...checkKeys(history),
  ]
}

function gather(history: readonly HistoryEvent[]) {
  const jobs = new Map<string, Known>()
  const jobsOfKey = new Map<string, Set<string>>()
  const strays: Of<'creation'>[] = []
  for (const event of history) {
    if (event.what !== 'reply' || event.status !== 202 || event.jobId === undefined) continue
    const { jobId, key } = event
    jobsOfKey.set(key, (jobsOfKey.get(key) ?? new Set()).add(jobId))
    const known = jobs.get(jobId) ?? {
      jobId,
      keys: new Set(),
      creations: [],
      webhooks: [],
      cancelled: false,
      setAside: false,
      mayExpire: event.mayExpire ?? false,
    }
    known.keys.add(key)
    jobs.set(jobId, known)
  }
  for (const event of history) {
    const known = 'jobId' in event && event.jobId !== undefined ? jobs.get(event.jobId) : undefined
    if (event.what === 'creation') {
      if (known) known.creations.push(event)
      else strays.push(event)
    }
    if (known && event.what === 'job') known.job = event
    if (known && event.what === 'webhook') known.webhooks.push(event)
    if (known && event.what === 'cancel' && event.status === 204) known.cancelled = true
    const aside = event.what === 'log' && event.event === 'job.setAside' ? jobs.get(event.job ?? '') : undefined
    if (aside) aside.setAside = true
  }
  return { jobs, jobsOfKey, strays }
}

function checkJob(known: Known): Finding[] {
  const { jobId, keys, job, creations } = known
  const broken = (invariant: string, detail: string): Finding => ({ invariant, detail, jobId })
  const found: Finding[] = []
  if (keys.size > 1) found.push(broken('one key for a job', `it was given to the keys ${[...keys].join(' and ')}`))
  if (creations.length > 1) {
    const ids = creations.map(({ encounterId }) => encounterId).join(', ')
    found.push(broken('at most one encounter', `the EMR has ${creations.length}: ${ids}`))
  }
  if (!job || job.http !== 200) {
    return [...found, broken('accepted means durable', `the api answers ${job?.http ?? 'nothing'} for it`)]
  }
  const status = job.status ?? 'none'
  const type = webhookTypes[status]
  if (!type) return [...found, broken('one terminal state', `it is still ${status}`)]
  if (status === 'Succeeded') {
    if (creations.length === 0) found.push(broken('succeeded means created', 'the EMR has no encounter of it'))
    else if (!creations.some(({ encounterId }) => encounterId === job.encounterId)) {
      const detail = `it names ${job.encounterId}, the EMR has ${creations[0]?.encounterId}`
      found.push(broken('succeeded names the encounter', detail))
    }
  } else if (status === 'OutcomeUnknown') {
    if (!known.setAside && !known.mayExpire) found.push(broken('in doubt only if set aside', 'no worker set it aside'))
  } else if (creations.length > 0) {
    found.push(broken('ended otherwise means not created', `it is ${status}, and the EMR has an encounter`))
  }
  if (status === 'Failed' && known.mayExpire) {
    found.push(broken('no attempt is burnt', `its EMR was only away, and it failed with ${job.statusCode}`))
  }
  if (status === 'Expired' && !known.mayExpire) found.push(broken('none expires', 'its deadline is a day away'))
  if (known.cancelled && status !== 'Cancelled') found.push(broken('204 means cancelled', `it is ${status}`))
  return [...found, ...checkWebhooks(known, type).map((detail) => broken('told by webhook', detail))]
}

function checkWebhooks({ webhooks }: Known, type: string): string[] {
  const ids = new Set(webhooks.map(({ id }) => id))
  const others = new Set(webhooks.map((webhook) => webhook.type)).difference(new Set([type]))
  return [
    ...(webhooks.some(({ verified, answered }) => verified && answered === 204) ? [] : ['no webhook told of its end']),
    ...(webhooks.every(({ verified }) => verified) ? [] : ['a webhook has a wrong signature']),
    ...(ids.size > 1 ? [`its webhooks have several ids: ${[...ids].join(', ')}`] : []),
    ...(others.size > 0 ? [`a webhook says ${[...others].join(', ')} and the job ${type}`] : []),
  ]
}

function checkReplies(history: readonly HistoryEvent[]): Finding[] {
  const accepted = new Set<string>()
  const sent = new Set<string>()
  const found: Finding[] = []
  for (const event of history) {
    if (event.what === 'submit') sent.add(event.key)
    if (event.what !== 'reply') continue
    const { key, status, api, error = '' } = event
    if (status === 202) accepted.add(key)
    else if (![0, 429, 503].includes(status)) {
      found.push({ invariant: 'no reply but 202, 429, 503', key, detail: `api-${api} answered ${status} ${error}` })
    }
  }
  for (const key of sent.difference(accepted)) {
    found.push({ invariant: 'accepted in the end', key, detail: 'no try of it got a 202' })
  }
  return found
}

function checkProcesses(history: readonly HistoryEvent[]): Finding[] {
  return history.flatMap((event) => {
    if (event.what !== 'process' || event.expected) return []
    const detail = `${event.name} ended by itself at ${event.ms} ms: ${event.note ?? ''}`
    return [{ invariant: 'no process ends by itself', detail }]
  })
}

/** A worker that is told to end does so in good order; with Redis away it has nobody to give its jobs back to, and may not. */
function checkStops(history: readonly HistoryEvent[]): Finding[] {
  const faults = faultTimes(history).filter(({ kind }) => kind.includes('redis') || kind === 'disk-full')
  return history.flatMap((event) => {
    if (event.what !== 'stop' || event.how === 'exit code 0') return []
    if (faults.some(({ beginMs, endMs }) => beginMs <= event.ms && endMs >= event.fromMs)) return []
    const detail = `${event.name}, told to end at ${event.fromMs} ms, ended at ${event.ms} ms: ${event.how}`
    return [{ invariant: 'a stopped worker exits 0', detail }]
  })
}

/**
 * No attempt is begun while the breaker is open, if the logs decide it; see `openBreakerIntervals`. An attempt is
 * logged at its end with its duration; one that was blocked sent nothing.
 */
function checkBreaker(history: readonly HistoryEvent[]): Finding[] {
  const intervals = openBreakerIntervals(history)
  return history.flatMap((event) => {
    if (!isTortured(event) || event.event !== 'encounter.attempted' || event.outcome === 'held up') return []
    const begunAt = event.ms - (event.took ?? 0)
    const within = intervals.find(({ fromMs, toMs, unsure }) => {
      return begunAt >= fromMs && begunAt <= toMs && !unsure.has(event.process)
    })
    if (!within) return []
    const detail = `${event.process} began attempt ${event.attempt} at ${begunAt} ms, open from ${within.fromMs} to ${within.toMs} ms`
    return [{ invariant: 'no attempt while the breaker is open', detail, ...(event.job && { jobId: event.job }) }]
  })
}
