import type { HistoryEvent } from './history.ts'
import { describeRecovery, recoveryTimes } from './recovery-times.ts'
import type { TortureResult } from './run-torture.ts'
import { tellStory } from './story.ts'

const STORIES = 20

/** The result of a run, in lines for people; stories of the first twenty findings at the end. */
export function report({ order, history, findings, drainedAfterMs }: TortureResult): string {
  const of = <What extends HistoryEvent['what']>(what: What) =>
    history.filter((event): event is Extract<HistoryEvent, { what: What }> => event.what === what)
  const replies = of('reply')
  const accepted = replies.filter(({ status }) => status === 202)
  const jobs = of('job')
  const nemesis = of('nemesis')
  const begun = nemesis.filter(({ phase }) => phase === 'begin')
  const skipped = nemesis.filter(({ phase }) => phase === 'skipped')
  const retries = replies.filter(({ status }) => status !== 202)
  const drained = drainedAfterMs === undefined ? 'NOT DRAINED' : `drained by itself in ${seconds(drainedAfterMs)}`
  return [
    `seed ${order.seed}: ${order.encounters} encounters, ${order.minutes} min of torture, then ${drained}`,
    `nemesis: ${begun.length} events (${counted(begun.map(({ kind }) => kind))})`,
    ...new Set(skipped.map(({ kind, note }) => `skipped: ${kind}, ${note}`)),
    `requests: ${replies.length}; not accepted at once: ${retries.length} (${counted(retries.map(({ status, error }) => `${status} ${error ?? ''}`.trim()))})`,
    `accepted: ${new Set(accepted.map(({ key }) => key)).size} keys, ${new Set(accepted.map(({ jobId }) => jobId)).size} jobs, ${accepted.length} times`,
    `ended: ${counted(jobs.map(({ status, statusCode }) => `${status} ${statusCode ?? ''}`.trim()))}; recovered ${jobs.filter(({ recovered }) => recovered).length}, set aside ${of('log').filter(({ event }) => event === 'job.setAside').length}, attempts ${counted(jobs.map(({ attempts }) => String(attempts)))}`,
    `encounters in the EMR: ${of('creation').length}; webhooks: ${of('webhook').length}`,
    ...recoveryTimes(history).map((recovery) => `recovery: ${describeRecovery(recovery)}`),
    findings.length === 0
      ? 'checker: no invariant broken'
      : `checker: ${findings.length} BROKEN (${counted(findings.map(({ invariant }) => invariant))})`,
    ...findings.slice(0, STORIES).map((finding) => tellStory(finding, history)),
  ].join('\n')
}

/** `a 3, b 1`, the most frequent first. */
function counted(words: string[]): string {
  const counts = Map.groupBy(words, (word) => word)
  return [...counts]
    .toSorted(([, a], [, b]) => b.length - a.length)
    .map(([word, all]) => `${word} ${all.length}`)
    .join(', ')
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}
