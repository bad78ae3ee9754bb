import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { findRedis } from '@encounter-gateway/launch/find-redis.ts'
import { writeBodies } from './bodies.ts'
import { describeCommit, describeMachine } from './machine.ts'
import type { Measurement } from './measurement.ts'
import { showProgress } from './progress.ts'
import { measurements } from './rows/rows.ts'
import { countRuns, runRows } from './run-rows.ts'
import { writeReport } from './report.ts'

const usage = `npm run bench -- [--only 1,3,drain-rate] [--rounds 3] [--seconds 2] [--connections 64] [--out folder]
  --full      also what takes long: 1,000,000 waiting jobs, every count of EMRs, every round of every row
  --profile   also writes a CPU profile of api and worker for each run (read them with node test/bench/read-profile.ts)
  --publish   also writes docs/benchmarks.md and docs/bench-*.svg`

/** Exits with 0 whatever the figures are: nothing here is a test. */
async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      only: { type: 'string' },
      rounds: { type: 'string', default: '3' },
      seconds: { type: 'string', default: '2' },
      connections: { type: 'string', default: '64' },
      out: { type: 'string' },
      full: { type: 'boolean', default: false },
      profile: { type: 'boolean', default: false },
      publish: { type: 'boolean', default: false },
    },
  })
  const wholeNumber = (name: 'rounds' | 'seconds' | 'connections') => {
    if (!/^[1-9][0-9]{0,5}$/.test(values[name])) throw new RangeError(`--${name} must be a whole number from 1 on`)
    return Number(values[name])
  }
  const [rounds, seconds, connections] = [wholeNumber('rounds'), wholeNumber('seconds'), wholeNumber('connections')]
  const rows = chooseRows(values.only)
  const folder = values.out ? resolve(values.out) : mkdtempSync(join(tmpdir(), 'gateway-bench-'))
  mkdirSync(folder, { recursive: true })
  const about = {
    machine: describeMachine(`Redis: ${(await findRedis(console.log)).how}`),
    commit: describeCommit(),
    startedAt: new Date().toISOString(),
    rounds,
    seconds,
    connections,
  }
  console.log(
    `${about.machine}\n${rounds} rounds of ${seconds} s, ${connections} connections; results go to ${folder}\n`,
  )

  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => stop.abort())
  const progress = showProgress(countRuns(rows, rounds, values.full), process.stdout)
  const { full, profile } = values
  const bodies = writeBodies(folder)
  const bench = { folder, seconds, connections, bodies, profile, full }
  const results = await runRows(rows, { bench, rounds, progress, stop: stop.signal })
  progress.end()
  await writeReport(folder, about, results, values.publish)
  for (const path of Object.values(bodies)) rmSync(path, { force: true })
  return 0
}

/** Rows by number or name; all without an argument. */
function chooseRows(only: string | undefined): readonly Measurement[] {
  if (only === undefined) return measurements
  return only.split(',').map((wanted) => {
    const row = measurements.find(({ id, name }) => wanted === id || wanted === name)
    if (!row)
      throw new RangeError(`there is no row '${wanted}': ${measurements.map((m) => `${m.id} ${m.name}`).join(', ')}`)
    return row
  })
}

try {
  process.exit(await main(process.argv.slice(2)))
} catch (error) {
  if (!(error instanceof RangeError || (error instanceof TypeError && 'code' in error))) throw error
  console.error(`${error.message}\n${usage}`)
  process.exit(64)
}
