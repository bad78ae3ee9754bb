import type { Connection } from '@encounter-gateway/shared/config/schema.ts'
import type { Records } from '@encounter-gateway/shared/records/jobs.ts'
import type { Logger } from 'pino'
import type { Breaker } from './attempts/breaker.ts'
import type { LateSuccess } from './attempts/late-success.ts'
import type { Emr } from './emr/emr.ts'

/** One call to the EMR as it went, for the log line and the metrics. */
export type Attempted = { outcome: string; code: number; ms: number; recovered?: boolean }

/** One connection at work in this process: what its jobs are attempted, ended and looked after with. */
export type ConnectionAtWork = {
  connection: Connection
  emr: Emr
  records: Records
  breaker: Breaker
  log: Logger
  /** For the line about each call. It looks for nothing to withhold, which took longer than the line itself. */
  attempts: Logger
  /** Aborts when the process must end before its calls have. */
  stopping: AbortSignal
  /** Whether this application has an endpoint that gets webhooks. */
  announces: (application: string) => boolean
  /** Called after each outcome that was recorded here. */
  finished: () => void
  /** Called after each call to the EMR. */
  attempted: (attempt: Attempted) => void
  /** Called after a success that came when the job had its outcome. */
  succeededLate: (late: LateSuccess) => void
}
