import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls, type SecureContext } from 'node:tls'
import { brokenOff, unreadable, EmrError } from '../emr-error.ts'
import { aborted, failed } from '../http/fault.ts'
import { commitIn, frame, FrameReader } from './mllp-frame.ts'

/** Maximum bytes of one answer; a real one has a few hundred. */
const MAX_ANSWER_BYTES = 64 * 1024
const CONNECT_TIMEOUT_MS = 5_000
const KEEP_ALIVE_MS = 30_000

/** Where messages are sent. */
export type MllpAddress = {
  host: string
  port: number
  /** `undefined`: in clear. The certificate of the receiver is always checked. */
  tls: { context: SecureContext; servername?: string } | undefined
}

/**
 * Reads one answer: the result, or `undefined` if it is not the expected one. `reply` sends a message in return. What
 * it throws ends the exchange and the connection.
 */
export type ReadAnswer<Result> = (answer: Buffer, reply: (message: Buffer) => void) => Result | undefined

/** An open connection, with at most one message in flight. */
export class MllpConnection {
  readonly #socket: Socket
  readonly #answers = new FrameReader(MAX_ANSWER_BYTES)
  /** Called once, when the connection can no longer be used. */
  readonly #onLost: (connection: MllpConnection) => void
  #pending: { take(answer: Buffer): void; reject(error: unknown): void } | undefined
  #answered = false
  #usable = true

  constructor(socket: Socket, onLost: (connection: MllpConnection) => void) {
    this.#socket = socket
    this.#onLost = onLost
    socket.setNoDelay(true).setKeepAlive(true, KEEP_ALIVE_MS)
    socket.on('data', (chunk: Buffer) => this.#read(chunk))
    // The other side will not answer any more once it has ended its half.
    socket.on('end', () => this.#lose(failed(undefined, { sent: true, writes: true })))
    socket.on('error', (error) => this.#lose(this.#causeOf(error)))
    socket.on('close', () => this.#lose(failed(undefined, { sent: true, writes: true })))
  }

  get usable(): boolean {
    return this.#usable
  }

  /**
   * Sends a message and waits until `read` has its result. From the first byte written, any fault leaves the outcome
   * unknown: also on a connection that the other side had closed before, since a reset does not show what it had read.
   */
  exchange<Result>(message: Buffer, signal: AbortSignal, read: ReadAnswer<Result>): Promise<Result> {
    if (signal.aborted) throw aborted(signal, { sent: false, writes: true })
    const { promise, resolve, reject } = Promise.withResolvers<Result>()
    const onAbort = () => this.#lose(aborted(signal, { sent: true, writes: true }))
    const take = (answer: Buffer) => {
      const result = read(answer, (reply) => this.#socket.write(frame(reply)))
      if (result === undefined) return
      this.#pending = undefined
      this.#answered = true
      resolve(result)
    }
    this.#pending = { take, reject }
    signal.addEventListener('abort', onAbort)
    this.#socket.write(frame(message))
    return promise.finally(() => signal.removeEventListener('abort', onAbort))
  }

  /** Closes it; a message in flight fails with its outcome unknown. */
  close(): void {
    this.#lose(brokenOff({ writes: true }, 'the connection to the EMR was closed'))
  }

  #read(chunk: Buffer): void {
    try {
      for (const answer of this.#answers.read(chunk)) {
        // Stored only: the acknowledgement follows.
        if (commitIn(answer) === 'stored') continue
        // An answer that nobody waits for, such as a repeated one: the next one could not be trusted.
        if (!this.#pending) return this.close()
        this.#pending.take(answer)
      }
    } catch (error) {
      this.#lose(error instanceof EmrError ? error : unreadable(true))
    }
  }

  /**
   * With TLS 1.3 we may write before the receiver has refused our certificate; its alert then shows that it has
   * accepted nothing that we wrote.
   */
  #causeOf(error: Error): EmrError {
    const code = 'code' in error ? String(error.code) : ''
    const handshakeRefused = !this.#answered && /^ERR_SSL_.*_ALERT_/.test(code)
    return failed(error, { sent: !handshakeRefused, writes: true })
  }

  #lose(error: EmrError): void {
    if (!this.#usable) return
    this.#usable = false
    if (this.#pending) {
      this.#pending.reject(error)
      this.#pending = undefined
      this.#socket.destroy()
    } else this.#socket.destroySoon()
    this.#onLost(this)
  }
}

/**
 * Opens a connection, TLS handshake included, within five seconds and the signal. Throws `EmrError` 502: nothing was
 * sent.
 */
export async function openConnection(
  address: MllpAddress,
  signal: AbortSignal,
  onLost: (connection: MllpConnection) => void,
): Promise<MllpConnection> {
  const unsent = { sent: false, writes: true }
  if (signal.aborted) throw aborted(signal, unsent)
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const { host, port, tls } = address
  const socket = tls
    ? connectTls({
        host,
        port,
        secureContext: tls.context,
        rejectUnauthorized: true,
        ...(tls.servername && { servername: tls.servername }),
      })
    : connectTcp({ host, port })
  const onError = (error: Error) => reject(failed(error, unsent))
  const onAbort = () => reject(aborted(signal, unsent))
  const timer = setTimeout(
    () => onError(Object.assign(new Error('time-out'), { code: 'ETIMEDOUT' })),
    CONNECT_TIMEOUT_MS,
  )
  signal.addEventListener('abort', onAbort)
  socket.once(tls ? 'secureConnect' : 'connect', resolve)
  socket.on('error', onError)
  try {
    await promise
    return new MllpConnection(socket, onLost)
  } catch (error) {
    socket.destroy()
    throw error
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', onAbort)
  }
}
