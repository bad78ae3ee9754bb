import { cpus } from 'node:os'
import { median, ratios, type Summary } from '../../bench/statistics.ts'
import type { Latencies } from './load.ts'
import type { Round } from './round.ts'

const GOAL = 1.1
const measures = [
  ['accept', 'p50'],
  ['accept', 'p99'],
  ['completion', 'p50'],
  ['completion', 'p99'],
] as const satisfies ['accept' | 'completion', keyof Latencies][]

/** One round in one line. */
export function describeRound(round: Round): string {
  const { hung, accept, completion, failed, waiting, busy } = round
  const of = ({ p50, p99, count }: Latencies) => `p50 ${ms(p50)}, p99 ${ms(p99)} of ${count}`
  const faults = Object.entries(failed).map(([what, times]) => `; ${what}: ${times} times`)
  const state = hung ? `other EMR hung, ${waiting[0]} jobs waiting for it, ${waiting[1]} in the end` : 'quiet'
  return `${state}: accept ${of(accept)}; completion ${of(completion)}; cores ${percent(busy)} busy${faults.join('')}`
}

/** The medians of the rounds, and the ratio of each hung one to the quiet one beside it, as a Markdown table. */
export function isolationTable(rounds: readonly Round[]): string {
  const rows = measures.map(([kind, of]) => {
    const all = (hung: boolean) => rounds.filter((round) => round.hung === hung).map((round) => round[kind][of])
    const ratio = ratios(all(true), all(false))
    const goal = of === 'p99' ? `1.10x, ${(ratio?.median ?? NaN) <= GOAL ? 'held' : 'NOT HELD'}` : ''
    return `| ${kind} ${of} | ${ms(median(all(false)))} | ${ms(median(all(true)))} | ${spreadOf(ratio)} | ${goal} |`
  })
  const spent = (['api', 'worker', 'redis'] as const).map((process) => {
    const all = (hung: boolean) => rounds.filter((round) => round.hung === hung).map((round) => round.spent[process])
    const ratio = ratios(all(true), all(false))
    return `| processor time, ${process} | ${seconds(median(all(false)))} | ${seconds(median(all(true)))} | ${spreadOf(ratio)} | |`
  })
  const busy = median(rounds.map((round) => round.busy))
  return [
    '| another EMR’s jobs | quiet | one EMR hung | ratio | goal |',
    '|---|---|---|---|---|',
    ...rows,
    ...spent,
    '',
    `Medians of ${rounds.length / 2} rounds each, in turn. ${cpus().length} cores, ${percent(busy)} busy with all that runs on this machine.`,
  ].join('\n')
}

function spreadOf(ratio: Summary | undefined): string {
  const { median: middle = NaN, min = NaN, max = NaN } = ratio ?? {}
  return `${middle.toFixed(2)}x (${min.toFixed(2)} to ${max.toFixed(2)})`
}

function seconds(value: number): string {
  return `${value.toFixed(1)} s`
}

function ms(value: number): string {
  return `${value.toFixed(1)} ms`
}

function percent(share: number): string {
  return `${Math.round(share * 100)}%`
}
