import type { Config } from '@encounter-gateway/shared/config/config.ts'
import type { Connection } from '@encounter-gateway/shared/config/schema.ts'
import type { ConnectionRecords } from '@encounter-gateway/shared/records/connection-records.ts'
import type { Logger } from 'pino'
import type { Breaker } from './breaker.ts'
import type { Emr } from '../emr/emr.ts'

/** One call to the EMR and how it went, for the log line and the metrics. */
export type Attempted = { outcome: string; code: number; ms: number; recovered?: boolean }

/**
 * A success that arrived after the job already had its outcome. `same`: that outcome names the same encounter;
 * `after_outcome`: that outcome is not `Succeeded` and stands, although the EMR has the encounter; `twice`: it names
 * another encounter.
 */
export type LateSuccess = 'same' | 'after_outcome' | 'twice'

/** One connection at work in this process: everything needed to attempt, end and look after its jobs. */
export type ConnectionAtWork = {
  config: Config
  connection: Connection
  emr: Emr
  records: ConnectionRecords
  breaker: Breaker
  log: Logger
  /** For the log line of each call. It does no redaction, which took longer than the line itself. */
  attempts: Logger
  /** Aborts when the process must end before its calls have. */
  stopping: AbortSignal
  /** Called after each call to the EMR. */
  attempted: (attempt: Attempted) => void
  /** Called after a success that arrived after the job already had its outcome. */
  succeededLate: (late: LateSuccess) => void
}
