import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { check } from './checker.ts'
import type { HistoryEvent } from './history.ts'
import { describeRecovery, recoveryTimes } from './recovery-times.ts'
import { report } from './report.ts'
import { runTorture } from './run-torture.ts'
import { planNemesis } from './schedule.ts'
import { tellStory } from './story.ts'

const usage = `npm run torture -- [--encounters 20000] [--seed 42] [--minutes 10] [--drain-minutes 5] [--out folder] [--calm]
npm run torture -- --check folder/history.ndjson    checks a run again`

/** Exits with 1 if an invariant was broken. */
async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      encounters: { type: 'string', default: '20000' },
      seed: { type: 'string', default: '42' },
      minutes: { type: 'string', default: '10' },
      'drain-minutes': { type: 'string', default: '5' },
      out: { type: 'string' },
      calm: { type: 'boolean', default: false },
      check: { type: 'string' },
    },
  })
  if (values.check !== undefined) return checkAgain(values.check)
  const [encounters, seed, minutes] = [Number(values.encounters), Number(values.seed), Number(values.minutes)]
  const schedule = values.calm ? [] : planNemesis(seed, minutes)
  for (const { atMs, lane, kind, forMs } of schedule) {
    console.log(`${String(atMs).padStart(8)} ms  ${lane.padEnd(8)} ${kind} for ${forMs} ms`)
  }
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => stop.abort())
  const result = await runTorture({
    encounters,
    seed,
    minutes,
    drainMinutes: Number(values['drain-minutes']),
    schedule,
    stop: stop.signal,
    progress: process.stdout,
    ...(values.out !== undefined && { out: values.out }),
  })
  console.log(report(result))
  return result.findings.length === 0 && result.drainedAfterMs !== undefined ? 0 : 1
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

try {
  // what was stopped in the middle has lanes that go on
  process.exit(await main(process.argv.slice(2)))
} catch (error) {
  if (!(error instanceof RangeError || (error instanceof TypeError && 'code' in error))) throw error
  console.error(`${error.message}\n${usage}`)
  process.exit(64)
}
