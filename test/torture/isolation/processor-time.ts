import type { RedisServer } from '../redis/server.ts'

/** Of each process that jobs pass through, in seconds since its start. */
export type ProcessorTime = { api: number; worker: number; redis: number }

/** Reads each of them; unlike latencies this is meaningful on a busy machine as well. */
export async function readProcessorTime(
  ports: { api: number; worker: number },
  { control }: RedisServer,
): Promise<ProcessorTime> {
  const [api, worker, said] = await Promise.all([askNode(ports.api), askNode(ports.worker), control.info('cpu')])
  const used = [...said.matchAll(/^used_cpu_(?:sys|user):([\d.]+)/gm)]
  return { api, worker, redis: used.reduce((sum, [, seconds]) => sum + Number(seconds), 0) }
}

/** The time used since `before`. */
export function spentSince(before: ProcessorTime, now: ProcessorTime): ProcessorTime {
  return { api: now.api - before.api, worker: now.worker - before.worker, redis: now.redis - before.redis }
}

async function askNode(port: number): Promise<number> {
  const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
  return Number(/^process_cpu_seconds_total ([\d.e+-]+)/m.exec(metrics)?.[1] ?? NaN)
}
