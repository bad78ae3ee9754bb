import type { Connection } from '@encounter-gateway/shared/config/schema.ts'
import type { PatientEncounter } from '@encounter-gateway/shared/contract/patient-encounter.ts'
import type { PreviewedMessage } from '@encounter-gateway/shared/contract/preview.ts'
import type { EncounterCreated } from '@encounter-gateway/shared/contract/encounter-created.ts'
import type { Static, TObject } from '@sinclair/typebox'
import type { Logger } from 'pino'
import type { Carried } from './carried/not-carried.ts'

/** What an EMR is asked to create, and on whose behalf. Held in memory only, for one attempt. */
export type EncounterOrder = {
  /** The JobId, 20 characters `[0-9a-z]`: the key under which the EMR can be asked for the encounter again. */
  correlationKey: string
  encounter: PatientEncounter
  /** An earlier attempt may have created it already: then "already exists" may mean our own. */
  mayExist?: boolean
  /**
   * With `find`: when the first attempt of the job's first round was sent, in ms since the epoch by Redis' clock. An
   * older encounter is never this job's. Absent: not known, and nothing is claimed by likeness.
   */
  firstAttemptAt?: number
  /** With `find`: when the EMR must have ended its work on the last attempt. */
  lastAttemptOverAt?: number
  credentials: EmrCredentials
}

/** The EMR user's own credentials, as the client sent them. A connector uses those that its EMR knows. */
export type EmrCredentials = { loginId?: string; password?: string; authorizationToken?: string }

/** The limits of one call: it must settle soon after `signal` aborts, or the breaker never gets its verdict. */
export type EmrCall = {
  signal: AbortSignal
  /**
   * Checked just before the first byte: once true, no byte may be sent, since others assume that the call has ended.
   * `signal` alone would let a suspended process send first and notice afterwards: sockets come before timers.
   */
  isLate?: () => boolean
  /** The call tries whether a sick EMR is well again: it must not go over a connection from before. */
  probes?: boolean
  log: Logger
}

/** An encounter that exists in the EMR. */
export type EncounterFound = Required<Pick<EncounterCreated, 'EncounterId'>> & {
  AlternativeIdentifiers: NonNullable<EncounterCreated['AlternativeIdentifiers']>
  /** JSON Pointers into the request, such as `/Encounter/VisitorStatusId`, of what this EMR could not take. */
  NotCarried: string[]
}

/**
 * The port to one EMR instance. A connector is a folder beside this file that exports an `EmrFactory`.
 *
 * Every method throws `EmrError` and nothing else on purpose; any other error counts as our own fault (500),
 * with its text withheld, since it may quote patient data.
 */
export interface Emr {
  /**
   * `likeness`: this EMR stores no correlation key, and `find` goes by patient, time and content. The same encounter is
   * then never reported to two jobs: the second one ends OutcomeUnknown. Absent: `find` goes by the key.
   */
  readonly findsBy?: 'key' | 'likeness'
  /** Creates the encounter, and passes the correlation key to the EMR if it has a place for one. */
  create(order: EncounterOrder, call: EmrCall): Promise<EncounterFound>
  /**
   * Asks for the encounter created earlier under this order's key: `undefined` means that the EMR reports none. Absent
   * if the EMR cannot be asked; its connection then needs `onUnknownOutcome: resend | stop`.
   */
  find?(order: EncounterOrder, call: EmrCall): Promise<EncounterFound | undefined>
  /**
   * What `create` would send for this encounter, without sending or asking anything. Throws `EmrError` 400 where `create`
   * would refuse the content before it sends.
   */
  render(order: Pick<EncounterOrder, 'correlationKey' | 'encounter'>): Rendered
  /** Reaches the EMR, logs in and reads as far as it can without creating anything; throws what is wrong. */
  check(call: EmrCall): Promise<void>
  /** Releases sockets and timers. */
  close(): Promise<void>
}

/**
 * What `create` would send. Messages hold no credentials: a place for one says so in parentheses, and so does a place for
 * what only the EMR knows.
 */
export type Rendered = {
  messages: PreviewedMessage[]
  /** As in `EncounterFound`, if the EMR accepts everything. */
  notCarried: string[]
}

/** A connection as configured: the settings that all connections have, and the connector's own options. */
export type ConnectionWith<Options extends TObject> = Connection & Static<Options>

/** What a connector's folder exports: its options, and how to open the port to one EMR. */
export type EmrFactory<Options extends TObject = TObject> = {
  /** The connector's own properties of an entry of `connections[]`, each with its description and default. */
  options: Options
  /**
   * Whether this connection's `Emr` will have `find`. If not, `onUnknownOutcome: reconcile` is a mistake in the
   * configuration.
   */
  canFind(connection: ConnectionWith<Options>): boolean
  /**
   * Where in the EMR each field goes; a field absent from it is never carried. The table in docs/emr/carried.md is made
   * from it.
   */
  carried: Carried
  /** How the user's own credentials reach the EMR; one that is absent does not. */
  login: { LoginId?: string; Password?: string; AuthorizationToken?: string }
  /** Builds the port; connects to nothing yet. */
  create(connection: ConnectionWith<Options>): Emr
}
