import type { PatientEncounter } from '@encounter-gateway/shared/contract/patient-encounter.ts'

/** How a simulated EMR misbehaves. `times` calls that would create something, then it behaves again; left out: for ever. */
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

/** How an encounter of someone else's is like that of an order: the same in all but this. */
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

/** What a simulated EMR keeps of an encounter it created. */
export type SimulatedEncounter = {
  encounterId: string
  /** The key it was given, where its wire format has a place for one. */
  correlationKey: string | undefined
  /** The wire format's own content: a FHIR resource, a form, HL7 v2 segments. */
  content: unknown
}

/**
 * A vendor's EMR as far as creating encounters goes, over a real socket in its real wire format: it checks what the vendor
 * checks, keeps what it created, and misbehaves on demand. It does not deduplicate unless the vendor does.
 */
export type SimulatedEmr = AsyncDisposable & {
  /** What to put into `connections[]` beside the common settings, so that the connector reaches it. */
  options: Record<string, unknown>
  /** The EMR user that it lets in. */
  credentials: { loginId?: string; password?: string; authorizationToken?: string }
  /** Everything it created, oldest first. */
  encounters(): SimulatedEncounter[]
  /** The most creating calls it has had in hand at one time, and when each arrived (ms, `performance.now()`). */
  load(): { mostAtOnce: number; arrivals: number[] }
  misbehave(next: Misbehaviour | 'never'): void
  /**
   * Replaces the one encounter that there is by what someone else might have entered: of the same content but for `how`, without our
   * key, made just now unless `how` says otherwise. Where the EMR shows nothing of `how`, it is the same in all that it shows.
   */
  enterLookAlike(how: LookAlike): void
  /** Refuses connections (true) until told otherwise. */
  down(isDown: boolean): Promise<void>
  /** Seed codes that this EMR has no way to say. */
  cannotSay: (400 | 401 | 403 | 408 | 429 | 500 | 502)[]
  /**
   * Compares what arrived with what was sent, field by field: the JSON Pointers of the fields of `sent` that this EMR holds
   * with another value or does not hold at all. The suite expects exactly the job's `NotCarried`.
   */
  missing(encounter: SimulatedEncounter, sent: PatientEncounter): string[]
}
