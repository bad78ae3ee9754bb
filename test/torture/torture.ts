import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { check } from './checker.ts'
import { endWhenIdle } from './end-when-idle.ts'
import type { HistoryEvent } from './history.ts'
import { describeRecovery, recoveryTimes } from './recovery-times.ts'
import { report } from './report.ts'
import { runTorture, type TortureOrder } from './run-torture.ts'
import { setUpKinds } from './redis/set-up.ts'
import { planNemesis, planOnly, type NemesisEvent } from './schedule.ts'
import { seedsTable, summarize, type SeedSummary } from './seeds-table.ts'
import { tellStory } from './story.ts'

const usage = `npm run torture -- [--encounters 20000] [--seed 42] [--minutes 10] [--drain-minutes 7] [--out folder]
                   [--calm] [--only redis-kill,worker-kill,emr-down] [--redis single|sentinel|cluster] [--min-replicas 1] [--replicas 1]
npm run torture -- --seeds 1,2,3,4,5 [...]          one after the other, with a table at the end
npm run torture -- --check folder/history.ndjson    checks a run again`
/** A shell's exit code for a program ended by Ctrl-C. */
const EXIT_STOPPED = 130

/** Exits with 1 if an invariant was broken or a run did not drain. */
async function main(args: string[], stop: AbortSignal): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      encounters: { type: 'string', default: '20000' },
      seed: { type: 'string', default: '42' },
      seeds: { type: 'string' },
      minutes: { type: 'string', default: '10' },
      // a webhook that fails twice, which a busy machine causes, is tried again after six minutes at most
      'drain-minutes': { type: 'string', default: '7' },
      out: { type: 'string' },
      calm: { type: 'boolean', default: false },
      only: { type: 'string' },
      redis: { type: 'string', default: 'single' },
      'min-replicas': { type: 'string' },
      replicas: { type: 'string' },
      check: { type: 'string' },
    },
  })
  if (values.check !== undefined) return checkAgain(values.check)
  const { calm, only, out } = values
  const encounters = readNumber('encounters', values.encounters)
  const minutes = readNumber('minutes', values.minutes)
  const redis = setUpKinds.find((kind) => kind === values.redis)
  if (!redis) throw new RangeError(`--redis takes ${setUpKinds.join(', ')}, not "${values.redis}"`)
  const plan = (seed: number) => {
    if (calm) return []
    return only === undefined ? planNemesis(seed, minutes, redis) : planOnly(only.split(','), seed, minutes, redis)
  }
  const shared = {
    encounters,
    minutes,
    redis,
    ...(values['min-replicas'] && { minReplicas: readNumber('min-replicas', values['min-replicas']) }),
    ...(values.replicas && { replicas: readNumber('replicas', values.replicas) }),
    drainMinutes: readNumber('drain-minutes', values['drain-minutes']),
    stop,
  }
  const order = (seed: number, folder?: string): TortureOrder & { schedule: NemesisEvent[] } => {
    return { ...shared, seed, schedule: plan(seed), progress: process.stdout, ...(folder && { out: folder }) }
  }
  if (values.seeds !== undefined) {
    const seeds = values.seeds.split(',').map((seed) => readNumber('seeds', seed))
    return runSeeds(seeds, order, out)
  }
  return (await runSeed(order(readNumber('seed', values.seed), out), true)).well ? 0 : 1
}

/** The folder of a run without findings is kept only if `keep` is set. */
async function runSeed(order: TortureOrder & { schedule: NemesisEvent[] }, keep: boolean) {
  for (const { atMs, lane, kind, forMs } of order.schedule) {
    console.log(`${String(atMs).padStart(8)} ms  ${lane.padEnd(8)} ${kind} for ${forMs} ms`)
  }
  const result = await runTorture(order)
  const well = result.findings.length === 0 && result.drainedAfterMs !== undefined
  console.log(report(result))
  if (well && !keep) rmSync(result.folder, { recursive: true })
  else console.log(`history and logs: ${result.folder}`)
  return { well, summary: summarize(result) }
}

async function runSeeds(
  seeds: number[],
  order: (seed: number, folder: string) => TortureOrder & { schedule: NemesisEvent[] },
  out: string = mkdtempSync(join(tmpdir(), 'gateway-torture-')),
): Promise<number> {
  mkdirSync(out, { recursive: true })
  const orders = seeds.map((seed) => order(seed, join(out, `seed-${seed}`)))
  const summaries: SeedSummary[] = []
  let allWell = true
  const tablePath = join(out, 'torture.md')
  for (const [n, each] of orders.entries()) {
    console.log(`\nseed ${each.seed}, ${n + 1} of ${seeds.length}`)
    const { well, summary } = await runSeed(each, false)
    allWell &&= well
    summaries.push(summary)
    // each time, so that the results are there if the rest is stopped
    writeFileSync(tablePath, `${seedsTable(summaries)}\n`)
  }
  console.log(`\n${seedsTable(summaries)}\n\n${tablePath}`)
  return allWell ? 0 : 1
}

function readNumber(name: string, text: string): number {
  const number = Number(text)
  if (text.trim() === '' || !(number >= 0)) throw new RangeError(`--${name} takes a number, not "${text}"`)
  return number
}

function checkAgain(path: string): number {
  const lines = readFileSync(path, 'utf8').trim().split('\n')
  const history = lines.map((line) => JSON.parse(line) as HistoryEvent)
  const findings = check(history)
  for (const finding of findings) console.log(tellStory(finding, history))
  for (const recovery of recoveryTimes(history)) console.log(describeRecovery(recovery))
  console.log(findings.length === 0 ? 'no invariant broken' : `${findings.length} BROKEN`)
  return findings.length === 0 ? 0 : 1
}

const stop = new AbortController()
const stopBy = (signal: string) => stop.abort(new Error(`stopped by ${signal}`))
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stopBy)
try {
  endWhenIdle(await main(process.argv.slice(2), stop.signal))
} catch (error) {
  if (error === stop.signal.reason) {
    console.error(`The torture was ${stop.signal.reason.message}.`)
    endWhenIdle(EXIT_STOPPED)
  } else if (error instanceof RangeError || (error instanceof TypeError && 'code' in error)) {
    console.error(`${error.message}\n${usage}`)
    endWhenIdle(64)
  } else {
    console.error(error)
    endWhenIdle(2)
  }
}
