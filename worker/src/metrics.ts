import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client'
import type { Attempted, LateSuccess } from './attempts/connection-at-work.ts'
import type { ConnectionWorker } from './connection-worker.ts'
import type { WebhookFigures } from './webhooks/webhook-worker.ts'

/** This worker's figures for Prometheus. Labels name connections, applications, endpoints and codes, never jobs. */
export type WorkerMetrics = {
  registry: Registry
  attempted(connection: string, attempt: Attempted): void
  succeededLate(connection: string, late: LateSuccess): void
  died(connection: string): void
  webhooks: WebhookFigures
}

export function createMetrics(
  connections: readonly string[],
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
    help: 'Duration of calls to the EMR',
    labelNames: ['connection'],
    buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers,
  })
  const late = new Counter({
    name: 'gateway_late_successes_total',
    help: 'Successes that arrived after the job already had its outcome; twice: the outcome names another encounter',
    labelNames: ['connection', 'kind'],
    registers,
  })
  const deaths = new Counter({
    name: 'gateway_job_deaths_total',
    help: 'Deaths of quarantine processes, counted once for each job that ran in them',
    labelNames: ['connection'],
    registers,
  })
  const unreadable = new Counter({
    name: 'gateway_outbox_unreadable_total',
    help: 'Webhook events that could not be read and were moved aside',
    labelNames: ['connection'],
    registers,
  })
  const tries = new Counter({
    name: 'gateway_webhook_attempts_total',
    help: 'Tries to deliver a message to an endpoint, by what came of them: delivered, retry, dead (a dead letter)',
    labelNames: ['application', 'endpoint', 'outcome'],
    registers,
  })
  const age = new Histogram({
    name: 'gateway_webhook_delivered_seconds',
    help: 'Age of messages when their endpoint has answered 2xx',
    labelNames: ['application'],
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 600, 3_600, 86_400],
    registers,
  })
  // starts at zero, or an alert on the first one would never see the increase
  for (const connection of connections) {
    for (const kind of ['same', 'after_outcome', 'twice'] satisfies LateSuccess[]) late.inc({ connection, kind }, 0)
    deaths.inc({ connection }, 0)
    unreadable.inc({ connection }, 0)
  }
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
    succeededLate: (connection, kind) => late.inc({ connection, kind }),
    died: (connection) => deaths.inc({ connection }),
    webhooks: {
      unreadable: (connection, entries) => unreadable.inc({ connection }, entries),
      tried(application, endpoint, outcome, ageMs) {
        tries.inc({ application, endpoint, outcome })
        if (outcome === 'delivered') age.observe({ application }, ageMs / 1000)
      },
      forgotten(application, endpoint) {
        for (const outcome of counted) tries.remove({ application, endpoint, outcome })
      },
    },
  }
}

const counted = ['delivered', 'retry', 'dead'] as const

const stateValue = { closed: 0, 'half-open': 1, open: 2 }
