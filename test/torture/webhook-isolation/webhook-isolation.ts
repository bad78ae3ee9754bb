import { parseArgs } from 'node:util'
import { startRedisServer } from '../../fixtures/redis-server.ts'
import { endWhenIdle } from '../end-when-idle.ts'
import { showBar, type Progress } from '../progress-bar.ts'
import { play, type Plan, type Played } from './play.ts'
import { describePlayed, verdict } from './report.ts'

const usage = `npm run webhook-isolation -- [--outcomes 10000] [--per-second 100] [--waiting 10000] [--pairs 1] [--kill-every 3]
A healthy consumer's latencies alone, then beside one that answers 500 and one that hangs with messages waiting; then
the same with a worker killed every few seconds.`
const EXIT_STOPPED = 130
const SECOND = 1_000

/** Measures and prints. Fails only if an outcome was lost; slowness is reported. */
async function main(args: string[], signal: AbortSignal): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      outcomes: { type: 'string', default: '10000' },
      'per-second': { type: 'string', default: '100' },
      waiting: { type: 'string', default: '10000' },
      pairs: { type: 'string', default: '1' },
      'kill-every': { type: 'string', default: '3' },
    },
  })
  const read = (name: keyof typeof values) => {
    if (/^[1-9]\d{0,8}$/.test(values[name])) return Number(values[name])
    throw new RangeError(`--${name} takes a whole number from 1 on, not "${values[name]}"`)
  }
  const [outcomes, perSecond, pairs] = [read('outcomes'), read('per-second'), read('pairs')]
  const sick = { waiting: read('waiting') }
  const killEveryMs = read('kill-every') * SECOND
  const about = {
    outcomes,
    perSecond,
    scheduleSeconds: [1, 2],
    timeoutSeconds: 5,
    // while all outcomes are sent, nobody is disabled
    disableAfterSeconds: outcomes / perSecond + 30,
    patienceMs: 600 * SECOND,
    signal,
  }
  const quiet: Played[] = []
  const beside: Played[] = []
  for (let n = 0; n < pairs * 2; n++) {
    // quiet, beside, beside, quiet, ...: neither is always the second of its pair
    const isSick = n % 4 === 1 || n % 4 === 2
    const name = isSick ? 'beside one that fails and one that hangs' : 'the healthy consumer alone'
    const played = await round(name, { ...about, sick: isSick ? sick : undefined })
    if (isSick) beside.push(played)
    else quiet.push(played)
  }
  const killed = await round('the same, with workers killed', { ...about, sick, killEveryMs })
  console.log(`\n${verdict(quiet, beside)}`)
  return [...quiet, ...beside, killed].some(({ lost }) => lost.length > 0) ? 1 : 0
}

async function round(name: string, plan: Omit<Plan, 'redisUrl' | 'sent'>): Promise<Played> {
  await using redis = await startRedisServer()
  let progress: Progress = { share: 0, text: `${name}: starting` }
  const end = showBar(process.stdout, () => progress)
  try {
    const sent = (share: number) => (progress = { share, text: `${name}: ${Math.round(share * 100)}% sent` })
    const played = await play({ ...plan, redisUrl: redis.url, sent })
    console.log(describePlayed(name, played))
    return played
  } finally {
    end()
  }
}

const stop = new AbortController()
const stopBy = (signal: string) => stop.abort(new Error(`stopped by ${signal}`))
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stopBy)
try {
  endWhenIdle(await main(process.argv.slice(2), stop.signal))
} catch (error) {
  if (stop.signal.aborted) {
    console.error('The measurement was stopped.')
    endWhenIdle(EXIT_STOPPED)
  } else if (error instanceof RangeError || (error instanceof TypeError && 'code' in error)) {
    console.error(`${error.message}\n${usage}`)
    endWhenIdle(64)
  } else {
    console.error(error)
    endWhenIdle(2)
  }
}
