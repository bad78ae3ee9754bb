import type { PatientEncounter } from '@encounter-gateway/shared/contract/patient-encounter.ts'

/** How a simulated EMR misbehaves. For `times` creating calls, then it behaves again; without it, for ever. */
export type Misbehaviour = {
  how:
    | { answer: 400 | 401 | 403 | 408 | 429 | 500 | 502 }
    | 'hang before commit'
    | 'hang after commit'
    | 'drop before commit'
    | 'drop after commit'
    /** Drops the connection at once and commits as late as an answer would be waited for; HTTP only. */
    | { dropAndCommitAfterMs: number }
    | 'drip'
    | 'garbage'
    | 'oversized'
  times?: number
}

/** How someone else's encounter differs from that of an order: the same in all other respects. */
export const lookAlikes = [
  'older',
  'newer',
  'closed',
  'cancelled',
  'at another hospital',
  'for another reason',
  'twice the same',
] as const
export type LookAlike = (typeof lookAlikes)[number]

/** What a simulated EMR stores of an encounter it created. */
export type SimulatedEncounter = {
  encounterId: string
  /** The key it was given, if its wire format has a place for one. */
  correlationKey: string | undefined
  /** The wire format's own content: a FHIR resource, a form, HL7 v2 segments. */
  content: unknown
}

/**
 * A vendor's EMR as far as creating encounters goes, over a real socket in its real wire format: it checks what the
 * vendor checks, stores what it created, and misbehaves on demand. It does not deduplicate unless the vendor does.
 */
export type SimulatedEmr = AsyncDisposable & {
  /** What to put into `connections[]` beside the common settings, so that the connector reaches it. */
  options: Record<string, unknown>
  /** The EMR user that it accepts. */
  credentials: { loginId?: string; password?: string; authorizationToken?: string }
  /** Everything it created, oldest first. */
  encounters(): SimulatedEncounter[]
  /** The highest number of creating calls in progress at one time, and when each arrived (ms, `performance.now()`). */
  load(): { mostAtOnce: number; arrivals: number[] }
  misbehave(next: Misbehaviour | 'never'): void
  /**
   * Replaces the only encounter with one that someone else might have entered: of the same content except for `how`,
   * without our key, created just now unless `how` requires otherwise. If the EMR does not show `how`, it is the same
   * in all that it shows.
   */
  enterLookAlike(how: LookAlike): void
  /** Refuses connections (true) until changed. */
  down(isDown: boolean): Promise<void>
  /**
   * Codes that this EMR cannot express. 500 is the gateway's own fault: of the real EMRs none can, their 5xx are the
   * EMR's faults and end as 502.
   */
  cannotSay: (400 | 401 | 403 | 408 | 429 | 500 | 502)[]
  /**
   * Compares what arrived with what was sent, field by field: returns the JSON Pointers of the fields of `sent` that
   * this EMR holds with another value or not at all. The suite expects exactly the job's `NotCarried`.
   */
  missing(encounter: SimulatedEncounter, sent: PatientEncounter): string[]
}
