import type { Bodies } from './bodies.ts'

/** What every measurement knows about the run it is part of. */
export type Bench = {
  /** For logs, profiles and results; exists. */
  folder: string
  round: number
  /** Duration of one load. */
  seconds: number
  /** Connections of the load. */
  connections: number
  /** What is sent. */
  bodies: Bodies
  /** Also write CPU profiles of api and worker. */
  profile: boolean
  /** Also run what takes long: 1,000,000 waiting jobs. */
  full: boolean
  /** Receives one line now and then. */
  log(line: string): void
}
