import { openPostgresStore } from '../postgres/cluster.ts'
import { ours } from './ours.ts'
import { path, type EnvironmentAbout, type Side } from './side.ts'

const shared = {
  openStore: openPostgresStore,
  path,
  headers: ours.headers,
  environment: ({ storeUrl, emrUrl, concurrency }: EnvironmentAbout) => ({
    DATABASE_URL: storeUrl,
    SANDBOX_URL: emrUrl,
    BENCH_CONCURRENCY: String(concurrency),
  }),
} satisfies Partial<Side>

/** The bare route and worker on pg-boss. */
export const pgBoss: Side = {
  ...shared,
  name: 'pg-boss',
  api: { script: 'test/bench/postgres/pg-boss-server.ts', readyText: 'Server listening' },
  worker: { script: 'test/bench/postgres/pg-boss-worker.ts', readyText: 'worker.started' },
}

/** The bare route and worker on graphile-worker. */
export const graphileWorker: Side = {
  ...shared,
  name: 'graphile-worker',
  api: { script: 'test/bench/postgres/graphile-server.ts', readyText: 'Server listening' },
  worker: { script: 'test/bench/postgres/graphile-worker.ts', readyText: 'worker.started' },
}
