import type { Measurement } from '../measurement.ts'
import { acceptRate } from './accept-rate.ts'
import { batchRate } from './batch-rate.ts'
import { bytesPerJob } from './bytes-per-job.ts'
import { costOfDispatchPromises, costOfIntakePromises } from './cost-of-promises.ts'
import { drainRate } from './drain-rate.ts'
import { emrConnections } from './emr-connections.ts'
import { growth } from './growth.ts'
import { halfLoadLatency } from './half-load-latency.ts'
import { idleLatency } from './idle-latency.ts'
import { memory } from './memory.ts'
import { redisTraffic } from './redis-traffic.ts'
import { scaling } from './scaling.ts'

/** Everything that is measured, in the order of the report. */
export const measurements: readonly Measurement[] = [
  acceptRate,
  batchRate,
  drainRate,
  bytesPerJob,
  growth,
  emrConnections,
  idleLatency,
  halfLoadLatency,
  memory,
  scaling,
  costOfIntakePromises,
  costOfDispatchPromises,
  redisTraffic,
]
