import type { Finding } from './checker.ts'
import type { HistoryEvent } from './history.ts'

/** A finding with all events of its job, and what the nemesis did in that time: one line each. */
export function tellStory(finding: Finding, history: readonly HistoryEvent[]): string {
  const { invariant, detail, jobId, key } = finding
  const head = `BROKEN ${invariant}: ${detail}${jobId ? ` [job ${jobId}]` : ''}${key ? ` [key ${key}]` : ''}`
  const keys = new Set(key === undefined ? [] : [key])
  if (jobId !== undefined) {
    for (const event of history) if (event.what === 'reply' && event.jobId === jobId) keys.add(event.key)
  }
  const own = history.filter((event) => isAbout(event, jobId, keys))
  const ended = own.filter(({ what }) => what !== 'creation' && what !== 'job')
  const [fromMs, toMs] = [(ended[0]?.ms ?? 0) - 1_000, (ended.at(-1)?.ms ?? 0) + 1_000]
  const around = history.filter((event) => isNemesis(event) && event.ms >= fromMs && event.ms <= toMs)
  const lines = [...own, ...around].toSorted((a, b) => a.ms - b.ms).map(line)
  return [head, ...lines].join('\n')
}

function isAbout(event: HistoryEvent, jobId: string | undefined, keys: ReadonlySet<string>): boolean {
  if ('key' in event && keys.has(event.key)) return true
  if (jobId === undefined) return false
  return ('jobId' in event && event.jobId === jobId) || (event.what === 'log' && event.job === jobId)
}

function isNemesis(event: HistoryEvent): boolean {
  return (
    event.what === 'nemesis' || event.what === 'process' || (event.what === 'log' && event.event.startsWith('breaker.'))
  )
}

function line({ ms, what, ...rest }: HistoryEvent): string {
  const words = Object.entries(rest).map(([name, value]) => {
    return Array.isArray(value) ? `${name}=${value.length} of them` : `${name}=${String(value)}`
  })
  return `  ${String(ms).padStart(8)} ms  ${what.padEnd(8)} ${words.join(' ')}`
}
