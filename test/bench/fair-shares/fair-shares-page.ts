import { median } from '../statistics.ts'
import { shares } from './gateway.ts'
import type { Arrival, ScenarioResult } from './scenario.ts'

const number = (value: number) => value.toLocaleString('en')

/** The figures as a page, with the chart beside it. */
export function fairSharesPage(
  result: ScenarioResult,
  about: { machine: string; commit: string; when: string },
): string {
  const { options, arrivals, perSecond, uploadSeconds, whileC } = result
  const { items, concurrency, latencyMs } = options
  const both = whileC.A + whileC.B + whileC.C
  const perSecondThen = both / (arrivals.find(({ application }) => application === 'C')?.took[0] ?? NaN)
  const part = (count: number) => `${Math.round((count / both) * 100)}%`
  return `# Fair shares, measured

Written by \`npm run bench:fair-shares -- --publish\` (test/bench/fair-shares/). Real api, worker, Sandbox EMR and Redis (\`appendfsync always\`), one
connection with ${concurrency} calls at a time of ${latencyMs} ms each, so that the EMR and not the machine sets the pace:
${perSecond.toFixed(0)} encounters per second. A uploads ${number(items.A)} encounters (read after ${uploadSeconds.toFixed(0)} s). While they wait, B comes with ${number(items.B)}
several times, then C with ${number(items.C)} and share ${shares.C}, and B once more while C is there. Times run from the first item accepted to
the last encounter created, by the gateway's own clock. The mechanism: [ADR 8](adr/0008-batch-turns.md).

![Encounters per application over time](bench-fair-shares.svg)

| batch | beside | alone | shared | times as long | fair |
|---|---|---|---|---|---|
${arrivals.map((arrival) => row(arrival, items[arrival.application])).join('\n')}

"Fair" is the result of an infinitely fine division by shares. The excess comes from the jobs already in BullMQ's queue when the batch
arrived, at most 2 × ${concurrency} and the ${concurrency} under way, and from the machine being slower at that moment.

From C's arrival to its end ${perSecondThen.toFixed(0)} encounters per second were created; A had ${part(whileC.A)} of them, B ${part(whileC.B)} and C ${part(whileC.C)}. A, which came
first and waits longest, makes progress all the time.

${about.when}, ${about.commit ? `commit ${about.commit}, ` : ''}${about.machine}.
`
}

function row({ application, beside, alone, took, fair }: Arrival, items: number): string {
  const times = median(took) / median(alone)
  const cells = [
    `${application}, ${number(items)} items, share ${shares[application]}`,
    beside,
    seconds(alone),
    seconds(took),
    `**${times.toFixed(2)}**`,
    fair.toFixed(2),
  ]
  return `| ${cells.join(' | ')} |`
}

/** The median, and the spread if there is one. */
function seconds(values: readonly number[]): string {
  const spread = values.length > 1 ? ` (${Math.min(...values).toFixed(1)} to ${Math.max(...values).toFixed(1)})` : ''
  return `${median(values).toFixed(1)} s${spread}`
}
