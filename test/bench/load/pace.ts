import { readFileSync } from 'node:fs'
import { Pool } from 'undici'
import { percentile } from '../statistics.ts'
import type { PacedOptions, PacedResult } from './load-process.ts'

/**
 * A process of its own that sends at a constant pace, each request when it is due, whatever happens to those before it;
 * its latency counts from then on, so that a stall shows in all requests that would have met it. autocannon's own rate
 * sends each second's share in one burst, which does not measure half load.
 */
const options = JSON.parse(process.argv[2] ?? '') as PacedOptions
const bodies = readFileSync(options.bodies, 'utf8').trimEnd().split('\n')
const [url = ''] = options.urls
const pool = new Pool(url, { connections: options.connections, pipelining: 1 })
const headers = { 'content-type': 'application/json', ...options.headers }
const intervalMs = 1000 / options.perSecond
let next = 0

if (options.warmupSeconds > 0) await send(options.warmupSeconds)
process.send?.({ event: 'warm' })
process.send?.({ event: 'result', ...(await send(options.seconds)) })
process.disconnect()
await pool.close()

async function send(seconds: number): Promise<PacedResult> {
  const count = Math.floor(seconds * options.perSecond)
  const latencies: number[] = []
  const statuses = new Set<number>()
  let failed = 0
  const startedAt = performance.now()
  const { promise, resolve } = Promise.withResolvers<void>()
  const sendOne = async (dueAt: number) => {
    const body = bodies[next++ % bodies.length] ?? ''
    try {
      const reply = await pool.request({ method: 'POST', path: options.path, headers, body })
      await reply.body.dump()
      statuses.add(reply.statusCode)
      if (reply.statusCode >= 300) failed++
      else latencies.push(performance.now() - dueAt)
    } catch {
      failed++
    }
    if (latencies.length + failed === count) resolve()
  }
  let sent = 0
  const timer = setInterval(() => {
    const due = Math.min(count, Math.floor((performance.now() - startedAt) / intervalMs) + 1)
    for (; sent < due; sent++) void sendOne(startedAt + sent * intervalMs)
    if (sent === count) clearInterval(timer)
  }, 1)
  await promise
  return {
    ok: latencies.length,
    failed,
    statuses: [...statuses].join(' '),
    seconds: (performance.now() - startedAt) / 1000,
    p50: percentile(latencies, 50),
    p99: percentile(latencies, 99),
    p999: percentile(latencies, 99.9),
  }
}
