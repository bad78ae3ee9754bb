import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { endWhenIdle } from '../end-when-idle.ts'
import { showBar, type Progress } from '../progress-bar.ts'
import { startRedisServer } from '../redis/server.ts'
import type { FillReport } from './fill.ts'
import { playRound, type Round } from './round.ts'
import { HUNG, writeSetup, type Setup } from './setup.ts'
import { describeRound, isolationTable } from './table.ts'
import { toldByChild } from './told-by-child.ts'

const usage = `npm run isolation -- [--pairs 5] [--seconds 15] [--warm-up-seconds 5] [--per-second 40] [--waiting 50000]
One EMR's latencies while another hangs with jobs waiting, beside those of a quiet gateway, in turn.`
const EXIT_STOPPED = 130

/** Measures and prints; slowness is reported, not judged. */
async function main(args: string[], signal: AbortSignal): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      pairs: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '15' },
      'warm-up-seconds': { type: 'string', default: '5' },
      'per-second': { type: 'string', default: '40' },
      waiting: { type: 'string', default: '50000' },
    },
  })
  const load = {
    perSecond: readCount('per-second', values['per-second']),
    seconds: readCount('seconds', values.seconds),
    warmUpSeconds: readCount('warm-up-seconds', values['warm-up-seconds']),
  }
  const pairs = readCount('pairs', values.pairs)
  const jobs = readCount('waiting', values.waiting)
  const folder = mkdtempSync(join(tmpdir(), 'gateway-isolation-'))
  try {
    const setup = await writeSetup(folder)
    const filled = await fill({ folder: join(folder, 'fill'), setup, jobs, signal })
    const played: Round[] = []
    for (let n = 0; n < pairs * 2; n++) {
      // quiet, hung, hung, quiet, ...: neither is always the second of its pair
      const hung = n % 4 === 1 || n % 4 === 2
      const name = `round ${n + 1} of ${pairs * 2}, ${hung ? 'one EMR hung' : 'quiet'}`
      const round = await shown(`${name}: starting`, (show) =>
        playRound({
          folder: join(folder, `round-${n + 1}`),
          filled: hung ? filled : undefined,
          setup,
          load,
          sent: (share) => show({ share, text: `${name}: ${Math.round(share * 100)}% sent` }),
          signal,
        }),
      )
      played.push(round)
      console.log(describeRound(round))
    }
    console.log(`\n${isolationTable(played)}`)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Returns the folder of a Redis in which this many jobs wait for the EMR that will hang. */
async function fill(about: { folder: string; setup: Setup; jobs: number; signal: AbortSignal }): Promise<string> {
  const { folder, setup, jobs, signal } = about
  const data = join(folder, 'redis')
  mkdirSync(data, { recursive: true })
  await using redis = await startRedisServer({ folder: data, logPath: join(folder, 'redis.log') })
  const order = { redisUrl: `redis://127.0.0.1:${redis.port}`, emrInstance: HUNG.emrInstance, jobs }
  await shown('filling', (show) =>
    toldByChild<FillReport>({
      script: 'fill.ts',
      order,
      environment: setup.environment,
      tell: ({ accepted }) => show({ share: accepted / jobs, text: `filling: ${accepted} of ${jobs} jobs wait` }),
      signal,
    }),
  )
  return data
}

async function shown<T>(text: string, action: (show: (progress: Progress) => void) => Promise<T>): Promise<T> {
  let progress = { share: 0, text }
  const end = showBar(process.stdout, () => progress)
  try {
    return await action((next) => (progress = next))
  } finally {
    end()
  }
}

function readCount(name: string, text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw new RangeError(`--${name} takes a whole number from 1 on, not "${text}"`)
}

const stop = new AbortController()
const stopBy = (signal: string) => stop.abort(new Error(`stopped by ${signal}`))
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stopBy)
try {
  await main(process.argv.slice(2), stop.signal)
  endWhenIdle(0)
} catch (error) {
  if (error === stop.signal.reason) {
    console.error(`The measurement was ${stop.signal.reason.message}.`)
    endWhenIdle(EXIT_STOPPED)
  } else if (error instanceof RangeError || (error instanceof TypeError && 'code' in error)) {
    console.error(`${error.message}\n${usage}`)
    endWhenIdle(64)
  } else {
    console.error(error)
    endWhenIdle(2)
  }
}
