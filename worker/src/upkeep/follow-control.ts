import type { Connection } from '@encounter-gateway/shared/config/schema.ts'
import type { ControlRecord, Limits } from '@encounter-gateway/shared/records/control.ts'
import type { EncounterQueue } from '@encounter-gateway/shared/records/queue.ts'
import type { Logger } from 'pino'

/** What the orders of operators are applied to. */
export type Controlled = {
  control: ControlRecord
  queue: Pick<EncounterQueue, 'isPaused' | 'pause' | 'resume'>
  /** The configured limits. */
  configured: Readonly<Required<Limits>>
  /** The connection as this process works on it: its limits follow the orders. */
  connection: Pick<Connection, 'concurrency' | 'requestsPerSecond'>
  /** Applies a new concurrency to this process and, unless the breaker keeps it low, to the fleet. */
  concurrencyChanged: () => Promise<void>
  hold: (forMs: number) => Promise<void>
  log: Logger
}

/**
 * Applies what operators have ordered for a connection to its queue and to this process. Called before the first job is
 * taken, and every second from then on. A pause that was ordered by other means is left alone.
 */
export async function followControl(about: Controlled): Promise<void> {
  const { control, queue, configured, connection, log } = about
  const { paused, resumed, hold, limits } = await control.read()
  if (paused || resumed) {
    const isPaused = await queue.isPaused()
    if (paused && !isPaused) await queue.pause()
    if (resumed && isPaused) await queue.resume()
    if (isPaused !== Boolean(paused))
      log.info({ by: (paused ?? resumed)?.by }, paused ? 'connection.paused' : 'connection.resumed')
  }
  if (hold) await about.hold(hold.until - Date.now())
  const concurrency = limits?.concurrency ?? configured.concurrency
  const requestsPerSecond = limits?.requestsPerSecond ?? configured.requestsPerSecond
  if (requestsPerSecond !== connection.requestsPerSecond) {
    connection.requestsPerSecond = requestsPerSecond
    log.info({ requestsPerSecond }, 'connection.limited')
  }
  if (concurrency !== connection.concurrency) {
    connection.concurrency = concurrency
    await about.concurrencyChanged()
    log.info({ concurrency }, 'connection.limited')
  }
}
