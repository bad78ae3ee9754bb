import type { EmrErrorCode } from '../emr/emr-error.ts'
import type { Attempted, LateSuccess } from '../attempts/connection-at-work.ts'

/** What the worker sends to its quarantine process. No request and no credential: the process reads them itself. */
export type ToQuarantine =
  | { kind: 'run'; run: number; connection: string; jobId: string; token: string }
  /** The worker's drain time has passed: abort what is under way. */
  | { kind: 'stop' }
  | { kind: 'ping' }

/** What the quarantine process sends to its worker. */
export type FromQuarantine =
  /** It can take jobs: if it ends from now on, a job may be the reason. */
  { kind: 'ready' } | { kind: 'pong' } | { kind: 'ended'; run: number; wayOut: WayOut } | News

/** What the worker must know at once about a job that runs in quarantine. */
export type News =
  | { kind: 'finished'; connection: string }
  | { kind: 'attempted'; connection: string; attempt: Attempted }
  | { kind: 'succeededLate'; connection: string; late: LateSuccess }

/** How the processor of a job returned: what it threw, as far as BullMQ needs to know. */
export type WayOut =
  | { kind: 'done' | 'parked' | 'delayed' }
  | { kind: 'again'; code: EmrErrorCode; delayMs: number }
  | { kind: 'failed' | 'fault'; message: string }
