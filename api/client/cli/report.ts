import type { Batch, BatchItem } from '../src/index.ts'
import { placesText, type FailureReason } from './failure-reasons.ts'
import { countText } from './pace.ts'

const STYLE = `body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem;color:#1c2430}
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.35rem .6rem;border-bottom:1px solid #dde3ea;vertical-align:top}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}.bar{display:flex;height:1.2rem;border-radius:.3rem;overflow:hidden;background:#e8edf2}
.ok{background:#2e8b57}.bad{background:#c0392b}.doubt{background:#d68910}.other{background:#95a5a6}h1{font-size:1.4rem}h2{font-size:1.1rem;margin-top:2rem}`

/**
 * A self-contained HTML report of a batch: counts, times, and failure reasons with the first lines of each. Contains no
 * patient data, and identifiers of encounters only if `items` are given.
 */
export async function* reportPage(
  batch: Batch,
  reasons: readonly FailureReason[],
  items?: AsyncIterable<BatchItem>,
): AsyncGenerator<string, void, undefined> {
  const { BatchId, EMRSystem, EmrInstance, Status, CreatedAt, ReceivedAt, FinishedAt, Items, Accepted } = batch
  const { Succeeded, Failed, OutcomeUnknown, Cancelled, Expired, Rejected, Queued, Running } = batch
  const counts = { Items, Accepted, Succeeded, Failed, OutcomeUnknown, Cancelled, Expired, Rejected, Queued, Running }
  const shares = [
    ['ok', Succeeded],
    ['bad', Failed + Rejected],
    ['doubt', OutcomeUnknown],
    ['other', Cancelled + Expired],
  ] as const
  const bar = shares.map(
    ([kind, count]) => `<div class="${kind}" style="width:${(count / Math.max(Items, 1)) * 100}%"></div>`,
  )
  const times = { 'First item read': CreatedAt, 'End of the upload': ReceivedAt, Finished: FinishedAt }
  yield `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Batch ${escaped(BatchId)}</title><style>${STYLE}</style></head><body>
<h1>Batch ${escaped(BatchId)}: ${escaped(Status)}</h1>
<p>${escaped(EMRSystem)}, ${escaped(EmrInstance)}</p>
<div class="bar">${bar.join('')}</div>
<h2>Counts</h2><table>${rows(Object.entries(counts).map(([name, count]) => [name, countText(count)]))}</table>
<h2>Times</h2><table>${rows(Object.entries(times).map(([name, time]) => [name, time ?? 'not yet']))}</table>
`
  if (reasons.length > 0) {
    yield `<h2>Failure reasons</h2><table><tr><th class="n">Count</th><th>Status</th><th>Reason</th><th>First</th></tr>\n`
    for (const reason of reasons) {
      const status = [reason.Status, reason.StatusCode].filter(Boolean).join(' ')
      yield `<tr><td class="n">${countText(reason.Count)}</td>${cells([status, reason.Reason, placesText(reason)])}</tr>\n`
    }
    yield '</table>\n'
  }
  if (items) {
    yield '<h2>Encounters</h2><table><tr><th>Item</th><th>Line</th><th>Status</th><th>Encounter</th></tr>\n'
    for await (const { ItemIndex, Line, Status: ended, EncounterId } of items) {
      yield `<tr>${cells([String(ItemIndex), String(Line ?? ''), ended, EncounterId ?? ''])}</tr>\n`
    }
    yield '</table>\n'
  }
  yield '</body></html>\n'
}

const cells = (texts: readonly string[]) => texts.map((text) => `<td>${escaped(text)}</td>`).join('')
const rows = (pairs: readonly (readonly [string, string])[]) =>
  pairs.map(([name, value]) => `<tr><th>${escaped(name)}</th><td class="n">${escaped(value)}</td></tr>`).join('')

const signs: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
const escaped = (text: string) => text.replaceAll(/[&<>"']/g, (sign) => signs[sign] ?? sign)
