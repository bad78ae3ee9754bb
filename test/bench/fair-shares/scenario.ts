import { setTimeout as delay } from 'node:timers/promises'
import { startBatch, type BatchRun } from './batch-run.ts'
import { shares, startFairGateway, type ApplicationName } from './gateway.ts'

/** The sizes of the batches, and the speed of the EMR. */
export type ScenarioOptions = {
  items: Record<ApplicationName, number>
  /** How often B is measured, alone and beside A. */
  rounds: number
  concurrency: number
  latencyMs: number
  /** Between two arrivals. */
  pauseMs: number
}

/** The one used for the figures: about 50 encounters per second. */
export const usual: ScenarioOptions = {
  items: { A: 100_000, B: 100, C: 1_000 },
  rounds: 3,
  concurrency: 5,
  latencyMs: 100,
  pauseMs: 3_000,
}

/** How long a batch took beside others, in seconds, each time; `fair` is the fair multiple of its time alone. */
export type Arrival = { application: ApplicationName; beside: string; alone: number[]; took: number[]; fair: number }

export type ScenarioResult = {
  options: ScenarioOptions
  arrivals: Arrival[]
  /** Encounters per second without any other load. */
  perSecond: number
  uploadSeconds: number
  /** What was created for each application from the arrival of C to its end. */
  whileC: Record<ApplicationName, number>
  /** All batches from the arrival of A on. */
  runs: BatchRun[]
}

/**
 * B and C alone on an idle gateway; then A with its many items, and while they wait B again, C, and B beside both. Ends
 * as soon as they have finished: A's other items are dropped with the gateway.
 */
export async function runScenario(
  folder: string,
  options: ScenarioOptions,
  log: (line: string) => void,
): Promise<ScenarioResult> {
  const { items, rounds, pauseMs } = options
  const stop = new AbortController()
  await using gateway = await startFairGateway(folder, options)
  let beganAt = performance.now()
  const clock = () => (performance.now() - beganAt) / 1000
  const runs: BatchRun[] = []
  const arrive = async (application: ApplicationName) => {
    log(`${application} comes with ${items[application].toLocaleString('en')} encounters`)
    const run = await startBatch(gateway, { application, items: items[application], clock, stop: stop.signal })
    runs.push(run)
    return run
  }
  const arriveAndFinish = async (application: ApplicationName) => {
    const { finished } = await arrive(application)
    const seconds = await finished
    log(`${application} is through after ${seconds.toFixed(1)} s`)
    await delay(pauseMs)
    return seconds
  }
  const repeat = async (application: ApplicationName) => {
    const took: number[] = []
    while (took.length < rounds) took.push(await arriveAndFinish(application))
    return took
  }

  try {
    // the first jobs of a worker that has just started are slow
    await arriveAndFinish('B')
    const aloneB = await repeat('B')
    const aloneC = [await arriveAndFinish('C')]

    runs.length = 0
    beganAt = performance.now()
    const a = await arrive('A')
    await a.uploaded
    const uploadSeconds = clock()
    log(`A's upload has been read after ${uploadSeconds.toFixed(1)} s`)
    await delay(pauseMs)
    const besideA = await repeat('B')
    const c = await arrive('C')
    await delay(pauseMs)
    const besideBoth = [await arriveAndFinish('B')]
    const cTook = [await c.finished]
    const cEnd = clock()
    log(`C is through after ${cTook.map((seconds) => seconds.toFixed(1)).join()} s`)
    await delay(pauseMs)
    if ((a.points.at(-1)?.done ?? 0) >= items.A) throw new Error('A was through too early; give it more items')

    const during = (application: ApplicationName) =>
      doneAt(runs, application, cEnd) - doneAt(runs, application, c.arrivedAt)
    return {
      options,
      arrivals: [
        { application: 'B', beside: 'A', alone: aloneB, took: besideA, fair: (shares.A + shares.B) / shares.B },
        {
          application: 'C',
          beside: 'A, and B for a while',
          alone: aloneC,
          took: cTook,
          // B's items are added to A's part
          fair: (shares.A + shares.C) / shares.C + items.B / items.C,
        },
        {
          application: 'B',
          beside: 'A and C',
          alone: aloneB,
          took: besideBoth,
          fair: (shares.A + shares.B + shares.C) / shares.B,
        },
      ],
      perSecond: items.C / (aloneC[0] ?? NaN),
      uploadSeconds,
      whileC: { A: during('A'), B: during('B'), C: during('C') },
      runs,
    }
  } finally {
    stop.abort()
  }
}

/** The number of encounters created for an application by then, in all its batches. */
export function doneAt(runs: readonly BatchRun[], application: ApplicationName, seconds: number): number {
  const own = runs.filter((run) => run.application === application)
  return own.reduce((sum, { points }) => sum + (points.findLast((point) => point.seconds <= seconds)?.done ?? 0), 0)
}
