import type { EmrCall } from '../emr.ts'
import { unreachable } from '../emr-error.ts'
import { aborted } from '../http/fault.ts'
import { openConnection, type MllpAddress, type MllpConnection, type ReadAnswer } from './mllp-connection.ts'

/** HL7's Minimal Lower Layer Protocol to one receiver, over a pool of connections with one message in flight on each. */
export type Mllp = {
  /**
   * Sends a message over a free connection and waits, until the signal aborts, for the answer that `read` accepts.
   * A probe opens a new one, which shows whether anybody takes connections before a message can be lost.
   * Throws `EmrError`: 502 with a known outcome while nothing was sent, else 408 or 502 with the outcome unknown.
   */
  exchange<Result>(
    message: Buffer,
    call: Pick<EmrCall, 'signal' | 'isLate' | 'probes'>,
    read: ReadAnswer<Result>,
  ): Promise<Result>
  /** Opens a connection of its own and closes it. */
  reach(call: Pick<EmrCall, 'signal'>): Promise<void>
  /** Closes every connection; messages in flight fail. */
  close(): void
}

/**
 * Opens nothing yet. At most `connections` at a time; one that was idle for `idleMs` is closed, at once if that is 0.
 */
export function openMllp(about: { address: MllpAddress; connections: number; idleMs: number }): Mllp {
  const { address, connections, idleMs } = about
  const idle = new Map<MllpConnection, NodeJS.Timeout>()
  const busy = new Set<MllpConnection>()
  const waiting: (() => void)[] = []
  let opening = 0
  let closed = false

  const forget = (connection: MllpConnection) => {
    clearTimeout(idle.get(connection))
    idle.delete(connection)
    busy.delete(connection)
    waiting.shift()?.()
  }

  async function acquire(signal: AbortSignal): Promise<MllpConnection> {
    for (;;) {
      if (closed) throw unreachable('the gateway stopped before it sent the request')
      if (signal.aborted) throw aborted(signal, { sent: false, writes: true })
      // The most recently used one: the others may grow old and be closed.
      const connection = [...idle.keys()].at(-1)
      if (connection) {
        clearTimeout(idle.get(connection))
        idle.delete(connection)
        busy.add(connection)
        return connection
      }
      if (busy.size + opening < connections) return open(signal)
      await turn(signal)
    }
  }

  async function open(signal: AbortSignal): Promise<MllpConnection> {
    opening++
    try {
      const connection = await openConnection(address, signal, forget)
      busy.add(connection)
      return connection
    } catch (error) {
      waiting.shift()?.()
      throw error
    } finally {
      opening--
    }
  }

  async function turn(signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    waiting.push(resolve)
    signal.addEventListener('abort', () => resolve(), { once: true })
    await promise
    const place = waiting.indexOf(resolve)
    if (place >= 0) waiting.splice(place, 1)
  }

  function release(connection: MllpConnection): void {
    if (!connection.usable) return
    if (idleMs === 0 || closed) return connection.close()
    busy.delete(connection)
    idle.set(
      connection,
      setTimeout(() => connection.close(), idleMs),
    )
    waiting.shift()?.()
  }

  return {
    async exchange(message, { signal, isLate, probes }, read) {
      if (probes) for (const connection of idle.keys()) connection.close()
      const connection = await acquire(signal)
      try {
        if (isLate?.()) throw aborted(signal, { sent: false, writes: true })
        return await connection.exchange(message, signal, read)
      } finally {
        release(connection)
      }
    },
    async reach({ signal }) {
      const connection = await openConnection(address, signal, () => undefined)
      connection.close()
    },
    close() {
      closed = true
      for (const connection of [...idle.keys(), ...busy]) connection.close()
      for (const resume of waiting.splice(0)) resume()
    },
  }
}
