import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client'
import type { Attempted } from './connection-at-work.ts'
import type { ConnectionWorker } from './connection-worker.ts'

/** This worker's figures for Prometheus. Labels name connections and codes, never jobs. */
export type WorkerMetrics = {
  registry: Registry
  attempted(connection: string, attempt: Attempted): void
}

export function createMetrics(
  workers: () => ConnectionWorker[],
  nameOfWorker: (worker: ConnectionWorker) => string,
): WorkerMetrics {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  const attempts = new Counter({
    name: 'gateway_attempts_total',
    help: 'Calls to the EMR, by how they ended',
    labelNames: ['connection', 'outcome', 'code'],
    registers,
  })
  const seconds = new Histogram({
    name: 'gateway_attempt_seconds',
    help: 'How long calls to the EMR took',
    labelNames: ['connection'],
    buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers,
  })
  const breakers = new Gauge({
    name: 'gateway_breaker_state',
    help: 'Circuit breaker of this worker process: 0 closed, 1 half-open, 2 open',
    labelNames: ['connection'],
    registers: [],
    collect() {
      for (const worker of workers()) this.set({ connection: nameOfWorker(worker) }, stateValue[worker.breaker.state])
    },
  })
  registry.registerMetric(breakers)
  return {
    registry,
    attempted(connection, { outcome, code, ms }) {
      attempts.inc({ connection, outcome, code })
      seconds.observe({ connection }, ms / 1000)
    },
  }
}

const stateValue = { closed: 0, 'half-open': 1, open: 2 }
