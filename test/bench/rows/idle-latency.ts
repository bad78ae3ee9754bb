import { readFileSync } from 'node:fs'
import { Pool } from 'undici'
import type { Measurement } from '../measurement.ts'
import { sideOf } from '../sides/sides.ts'
import { median, percentile } from '../statistics.ts'
import { openStage } from '../stage.ts'

const WARM_UP = 200
const PER_SECOND = 50

/** Row 6. */
export const idleLatency: Measurement = {
  id: '6',
  name: 'idle-latency',
  title: 'From request to result at idle',
  method:
    'One request at a time with `Prefer: wait=10`, from sending it to the 201 with the encounter, less the median time of the ' +
    'same encounter sent straight to the Sandbox EMR between the requests.',
  sides: ['ours'],
  figures: [
    { key: 'p50', label: 'p50', unit: 'ms', better: 'less', goal: { of: 'value', first: 10, second: 5 } },
    { key: 'p99', label: 'p99', unit: 'ms', better: 'less', goal: { of: 'value', first: 25, second: 15 } },
    { key: 'emr', label: 'straight to the EMR, p50', unit: 'ms' },
  ],
  async run(side, bench) {
    await using stage = await openStage(sideOf(side), bench)
    const emr = await stage.startEmr()
    const [api] = await Promise.all([stage.startApi(), stage.startWorker()])
    const bodies = readFileSync(bench.bodies.generated, 'utf8').trimEnd().split('\n')
    const pools = { api: new Pool(api.url, { connections: 1 }), emr: new Pool(emr.url, { connections: 1 }) }
    const json = { 'content-type': 'application/json' }
    const through = { path: stage.side.path, headers: { ...json, ...stage.side.headers, prefer: 'wait=10' } }
    const straight = { path: '/encounters', headers: { ...json, 'correlation-key': 'x', authorization: 'Basic eDp4' } }
    const waits = { through: [] as number[], straight: [] as number[] }
    const count = bench.seconds * PER_SECOND
    for (let index = 0; index < WARM_UP + count; index++) {
      const body = bodies[index % bodies.length] ?? ''
      const throughMs = await timeOne(pools.api, { ...through, body })
      const straightMs = await timeOne(pools.emr, { ...straight, body })
      if (index < WARM_UP) continue
      waits.through.push(throughMs)
      waits.straight.push(straightMs)
    }
    await Promise.all([pools.api.close(), pools.emr.close()])
    const emrMs = median(waits.straight)
    return { p50: median(waits.through) - emrMs, p99: percentile(waits.through, 99) - emrMs, emr: emrMs }
  },
}

async function timeOne(pool: Pool, request: { path: string; headers: Record<string, string>; body: string }) {
  const startedAt = performance.now()
  const { statusCode, body } = await pool.request({ method: 'POST', ...request })
  await body.dump()
  if (statusCode !== 201) throw new Error(`a request was answered ${statusCode} instead of 201`)
  return performance.now() - startedAt
}
