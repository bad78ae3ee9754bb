import autocannon from 'autocannon'
import { readFileSync } from 'node:fs'
import type { SaturateOptions, SaturateResult } from './load-process.ts'

/**
 * A process of its own that sends as fast as it is answered, by autocannon. load-process.ts starts it, and receives a
 * message when the warm-up is over, and the result.
 */
const options = JSON.parse(process.argv[2] ?? '') as SaturateOptions
const bodies = readFileSync(options.bodies, 'utf8').trimEnd().split('\n')
const headers = { 'content-type': 'application/json', ...options.headers }
const requests = bodies.map((body, index) => ({
  method: 'POST' as const,
  path: options.path,
  body,
  headers: { ...headers, ...rotated(index) },
  ...(options.unique && { setupRequest: named }),
}))
let clients = 0
let sent = 0

if (options.warmupSeconds > 0) await send({ duration: options.warmupSeconds })
process.send?.({ event: 'warm' })
const cpuBefore = process.cpuUsage()
const result = await send(options.amount ? { amount: options.amount } : { duration: options.seconds })
const { user, system } = process.cpuUsage(cpuBefore)
const { latency, non2xx, errors, timeouts } = result
process.send?.({
  event: 'result',
  ok: result['2xx'],
  failed: non2xx + errors + timeouts,
  statuses: Object.keys(result.statusCodeStats ?? {}).join(' '),
  seconds: result.duration,
  p50: latency.p50,
  p99: latency.p99,
  max: latency.max,
  cpuMs: (user + system) / 1000,
} satisfies SaturateResult & { event: string })
process.disconnect()

/** Each connection cycles through a part of the bodies that no other one has, as far as there are enough. */
async function send(until: { amount: number } | { duration: number }): Promise<autocannon.Result> {
  return autocannon({
    url: options.urls as unknown as string,
    connections: options.connections,
    headers,
    timeout: 30,
    setupClient(client) {
      const own = requests.filter((_, index) => index % options.connections === clients % options.connections)
      clients++
      client.setRequests(own.length > 0 ? own.map((request) => ({ ...request })) : requests.slice(0, 1))
    },
    ...until,
  })
}

/** Makes the load build each request anew. */
function named(request: autocannon.Request): autocannon.Request {
  return { ...request, headers: { ...request.headers, [options.unique ?? '']: `${process.pid}-${++sent}` } }
}

function rotated(index: number): Record<string, string> {
  if (!options.rotate) return {}
  const { header, values } = options.rotate
  return { [header]: values[index % values.length] ?? '' }
}
