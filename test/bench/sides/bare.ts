import { apiOptions, ours } from './ours.ts'
import { openRedisStore, path, type Side } from './side.ts'

/** Fastify, TypeBox, BullMQ and undici with nothing else; see bare/. */
export const bare: Side = {
  name: 'bare',
  openStore: openRedisStore,
  api: { script: 'test/bench/bare/server.ts', readyText: 'Server listening', options: apiOptions },
  worker: { script: 'test/bench/bare/worker.ts', readyText: 'worker.started' },
  path,
  // it ignores them; the requests are the same
  headers: ours.headers,
  environment: ({ storeUrl, emrUrl, concurrency }) => ({
    REDIS_URL: storeUrl,
    SANDBOX_URL: emrUrl,
    BENCH_CONCURRENCY: String(concurrency),
  }),
}
