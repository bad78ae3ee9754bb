const SECOND_IN_HOURS = 1 / 3_600

/** The connection under torture: short waits, so that much happens in little time. */
export const connection = {
  emrSystem: 'Sandbox',
  emrInstance: 'default',
  connector: 'sandbox',
  timeoutMs: 2_000,
  settleMs: 4_000,
  backoffMs: 200,
  maxAttempts: 5,
  concurrency: 40,
  requestsPerSecond: 1_000,
  onUnknownOutcome: 'reconcile',
  breaker: { minimumCalls: 10, failurePercent: 50, openMs: 4_000 },
}

/** The shortest that a deadline can be with which what is sent to an EMR that is there does not expire as a matter of course. */
export const OUTAGE_DEADLINE_MS = 6_000

/**
 * The connection to an EMR that is away for longer than the deadline (outage.ts). Few at once, so that what is overdue waits in the
 * records rather than in BullMQ, and it is the sweep that ends it.
 */
export const outageConnection = {
  ...connection,
  emrInstance: 'outage',
  concurrency: 4,
  deadlineHours: (OUTAGE_DEADLINE_MS / 1_000) * SECOND_IN_HOURS,
  breaker: { minimumCalls: 3, failurePercent: 50, openMs: 1_000 },
}

/** How long results are kept where Idempotency-Keys are to run out (key-reuser.ts): longer than Redis is ever away. */
export const KEPT_MS = 10_000

/** The connection to an EMR that deduplicates by correlation key for ever; its gateway has a database of its own. */
export const keyConnection = { ...connection, emrInstance: 'keys', connector: 'fhir' }

/** The retention under which keys run out. */
export const keyRetention = { resultHours: (KEPT_MS / 1_000) * SECOND_IN_HOURS }
