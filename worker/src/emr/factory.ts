import type { Connection } from '@encounter-gateway/shared/config/schema.ts'
import type { Static, TObject } from '@sinclair/typebox'
import type { Emr } from './emr.ts'
import type { Carried } from './carried/not-carried.ts'

/** A connection as configured: the settings that all have, and the connector's own options beside them. */
export type ConnectionWith<Options extends TObject> = Connection & Static<Options>

/** What a connector's folder exports: what it needs to be told, and how it becomes the port to one EMR. */
export type EmrFactory<Options extends TObject = TObject> = {
  /** The connector's own properties of an entry of `connections[]`, each with its description and default. */
  options: Options
  /**
   * Whether this connection's `Emr` will have `find`. Where it has not, `onUnknownOutcome: reconcile` is a mistake
   * in the configuration.
   */
  canFind(connection: ConnectionWith<Options>): boolean
  /** Where in the EMR each field goes; what is absent is never carried. The table in docs/emr/carried.md is made of it. */
  carried: Carried
  /** How the user's own credentials reach the EMR; what is absent does not. */
  login: { LoginId?: string; Password?: string; AuthorizationToken?: string }
  /** Builds the port; connects to nothing yet. */
  create(connection: ConnectionWith<Options>): Emr
}
