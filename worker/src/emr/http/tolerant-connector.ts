import type { Socket } from 'node:net'
import { buildConnector } from 'undici'

/** An answer that only says "go on" (RFC 9110, 15.2): a status line, fields, an empty line. 101 is none. */
const INTERIM = /^HTTP\/1\.[01] 1(?!01)\d\d[^\r\n]*\r\n(?:[^\r\n]+\r\n)*\r\n/
/** The beginning of a status line that may be of such an answer; the rest of it has not come yet. */
const BEGUN = /^(?:H|HT|HTT|HTTP|HTTP\/|HTTP\/1|HTTP\/1\.|HTTP\/1\.[01]|HTTP\/1\.[01] |HTTP\/1\.[01] 1(?!01)[^]*)$/
const LONGEST_INTERIM = 8_192
const LETTER_H = 0x48
/** A server that ends a connection this soon after its first answer does so after each. */
const RIGHT_AFTER_MS = 1_000

/**
 * Connects to HTTP servers that deviate from the standard. Some (IIS) send an unrequested `100 Continue`, and undici then
 * breaks the connection: the connector removes such answers before undici reads them. `onRightAfter` is called when a server has ended a
 * connection right after its first answer, perhaps without saying so in it: the next request on such a connection would be lost.
 */
export function tolerantConnector(timeoutMs: number, onRightAfter: () => void): buildConnector.connector {
  const connect = buildConnector({ timeout: timeoutMs, allowH2: false })
  return (options, done) =>
    connect(options, (...said) => {
      const [, socket] = said
      if (socket) makeTolerant(socket, onRightAfter)
      done(...said)
    })
}

/** undici takes all bytes of a socket by `read()`. */
function makeTolerant(socket: Socket, onRightAfter: () => void): void {
  const read = socket.read.bind(socket) as () => Buffer | null
  let held: Buffer | undefined
  let firstReadAt: number | undefined
  socket.read = () => {
    const chunk = read()
    if (chunk === null) return null
    firstReadAt ??= performance.now()
    const bytes = held ? Buffer.concat([held, chunk]) : chunk
    held = undefined
    // within a body, hardly any chunk begins like this
    return bytes[0] === LETTER_H ? withoutInterim(bytes) : bytes
  }
  socket.once('end', () => {
    if (firstReadAt !== undefined && performance.now() - firstReadAt < RIGHT_AFTER_MS) onRightAfter()
  })

  function withoutInterim(bytes: Buffer): Buffer | null {
    const start = bytes.toString('latin1', 0, LONGEST_INTERIM)
    const interim = INTERIM.exec(start)?.[0]
    if (interim !== undefined) {
      const rest = bytes.subarray(interim.length)
      return rest.length > 0 ? withoutInterim(rest) : null
    }
    if (bytes.length >= LONGEST_INTERIM || !BEGUN.test(start)) return bytes
    held = bytes
    return null
  }
}
