import { findFreePort } from '@encounter-gateway/launch/free-port.ts'
import { once } from 'node:events'
import { createServer as createTcpServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, type TlsOptions } from 'node:tls'
import { holds } from './hl7v2-holds.ts'
import { parseMessage, type ParsedMessage } from './hl7v2-parser.ts'
import { faultIn, type Agreed, type Fault } from './hl7v2-rules.ts'
import { differing } from './leaf-values.ts'
import type { Misbehaviour, SimulatedEmr, SimulatedEncounter } from './simulated-emr.ts'

/** How a site has set up its receiver. */
export type Receiver = {
  /**
   * How it handles a message whose MSH-10 it already had: accept it without another encounter, refuse it, or not
   * notice.
   */
  duplicates?: 'acknowledge' | 'refuse' | 'not noticed'
  /** Requests an answer to its application acknowledgements. */
  wantsAnswers?: boolean
  tls?: TlsOptions
  agreed?: Partial<Agreed>
  /** More of the connection's options. */
  options?: Record<string, unknown>
}

/** A simulated receiver, and what only a test of HL7 v2 needs to see. */
export type SimulatedHl7v2 = SimulatedEmr & {
  port: number
  /** Every message that was accepted, oldest first, including A03s. */
  messages: ParsedMessage[]
  /** Every message that arrived, in its bytes. */
  received: Buffer[]
  /** The number of connections so far. */
  connections(): number
  /** Replaces the usual answer: returns the segments after MSH; `undefined` for the usual one. */
  answerWith(answer: ((message: ParsedMessage) => string | undefined) | undefined): void
  /** Cuts all connections without notice. */
  cutConnections(): void
}

const OVERSIZED_BYTES = 1024 * 1024
const DRIP_MS = 50

/** An interface engine that accepts ADT over MLLP: it validates by HL7 v2.5.1, and stores what it accepted. */
export async function openHl7v2(receiver: Receiver = {}): Promise<SimulatedHl7v2> {
  const { duplicates = 'acknowledge', wantsAnswers = false } = receiver
  const agreed: Agreed = {
    processingId: 'P',
    versionId: '2.5.1',
    ...receiver.agreed,
    // What the pages about this connector ask a site to accept: JobIds of 20 characters.
    lengths: { 'PV1-19.1': 20, 'PV1-50.1': 20, ...receiver.agreed?.lengths },
  }
  const messages: ParsedMessage[] = []
  const received: Buffer[] = []
  const encounters: SimulatedEncounter[] = []
  const seen = new Set<string>()
  const sockets = new Set<Socket>()
  const load = { mostAtOnce: 0, arrivals: [] as number[] }
  let connections = 0
  const held = new Set<ParsedMessage>()
  let left = 0
  let how: Misbehaviour['how'] | undefined
  let custom: ((message: ParsedMessage) => string | undefined) | undefined
  let answers = 0

  /** Processes a message as a receiver does, and returns its MSA and ERR. */
  function take(message: ParsedMessage): string {
    const controlId = message.value('MSH-10')
    const fault = faultIn(message, agreed)
    if (fault) return refused(controlId, fault, message)
    if (duplicates !== 'not noticed' && seen.has(controlId)) {
      if (duplicates === 'acknowledge') return `MSA|AA|${controlId}\r`
      return refused(controlId, { ack: 'AE', code: 205, location: 'MSH^1^10' }, message)
    }
    seen.add(controlId)
    messages.push(message)
    if (message.value('MSH-9.2') !== 'A03') {
      encounters.push({ encounterId: message.value('PV1-19.1'), correlationKey: controlId, content: message })
    }
    return `MSA|AA|${controlId}\r`
  }

  function reply(message: ParsedMessage, answer: string): Buffer {
    const code = /^MSA\|(\w\w)/.exec(answer)?.[1] ?? ''
    const accept = wantsAnswers && code.startsWith('A') ? 'AL|NE' : '|'
    const header = `MSH|^~\\&|EMR|SITE|||20260101||ACK^${message.value('MSH-9.2')}^ACK|A${++answers}|P|2.5.1|||${accept}\r`
    return Buffer.from(`\x0b${header}${answer}\x1c\r`, 'latin1')
  }

  function hear(socket: Socket, bytes: Buffer): void {
    received.push(bytes)
    const message = parseMessage(bytes)
    if (message.value('MSH-9.1') === 'ACK') return
    held.add(message)
    load.arrivals.push(performance.now())
    load.mostAtOnce = Math.max(load.mostAtOnce, held.size)
    const done = () => {
      socket.off('close', done)
      held.delete(message)
    }
    socket.once('close', done)
    const send = (answer: string) => {
      done()
      socket.write(reply(message, answer))
    }
    const now = left > 0 ? how : undefined
    if (now) left--
    if (!now) {
      answerUsually(message, send)
      return
    }
    const controlId = message.value('MSH-10')
    if (typeof now === 'object') {
      if ('dropAndCommitAfterMs' in now) throw new Error('only a simulated EMR over HTTP does that')
      if (now.answer === 400) send(refused(controlId, { ack: 'AE', code: 103, location: 'PV1^1^10' }, message))
      if (now.answer === 502) send(refused(controlId, { ack: 'AE', code: 207, location: '' }, message))
      // 408 is expressed by silence.
      return
    }
    if (now === 'hang before commit') return
    if (now === 'drop before commit') {
      socket.destroy()
      return
    }
    const answer = take(message)
    if (now === 'drop after commit') socket.destroy()
    if (now === 'garbage') socket.write('HTTP/1.1 400 Bad Request\r\n\r\n')
    if (now === 'oversized') socket.write(reply(message, `${answer}NTE|1||${'x'.repeat(OVERSIZED_BYTES)}\r`))
    if (now === 'drip') drip(socket, reply(message, answer))
  }

  function answerUsually(message: ParsedMessage, send: (answer: string) => void): void {
    const said = custom?.(message)
    if (said === '') return
    if (said !== undefined) return send(said)
    const answer = take(message)
    const [accept, application] = [message.value('MSH-15'), message.value('MSH-16')]
    if (accept === 'AL') send(`MSA|CA|${message.value('MSH-10')}\r`)
    if (accept !== 'AL' || application === 'AL') send(answer)
  }

  const onConnection = (socket: Socket) => {
    connections++
    sockets.add(socket)
    let buffered = Buffer.alloc(0)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => undefined)
    socket.on('data', (chunk): void => {
      buffered = Buffer.concat([buffered, chunk])
      for (let end = buffered.indexOf('\x1c\r'); end >= 0; end = buffered.indexOf('\x1c\r')) {
        if (buffered[0] !== 0x0b) return void socket.destroy()
        const bytes = buffered.subarray(1, end)
        buffered = buffered.subarray(end + 2)
        hear(socket, bytes)
      }
    })
  }
  const server: Server = receiver.tls ? createTlsServer(receiver.tls, onConnection) : createTcpServer(onConnection)
  server.on('tlsClientError', () => undefined)
  const port = await findFreePort()
  const listen = async () => {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
  }
  const cutConnections = () => {
    for (const socket of sockets) socket.destroy()
  }
  const stop = async () => {
    const closed = once(server, 'close')
    server.close()
    cutConnections()
    await closed
  }
  await listen()

  return {
    port,
    messages,
    received,
    connections: () => connections,
    cutConnections,
    answerWith: (answer) => (custom = answer),
    options: { host: '127.0.0.1', port, tls: false, ...receiver.options },
    credentials: { loginId: 'user', password: 'secret' },
    encounters: () => encounters,
    load: () => load,
    misbehave(next) {
      how = next === 'never' ? undefined : next.how
      left = next === 'never' ? 0 : (next.times ?? Infinity)
    },
    async down(isDown) {
      if (isDown) await stop()
      else await listen()
    },
    // nothing can be asked for, so nothing can be claimed
    enterLookAlike: () => {
      const [{ content } = { content: undefined }] = encounters.splice(0)
      encounters.push({ encounterId: 'theirs', correlationKey: undefined, content })
    },
    // MLLP has no login, and an acknowledgement has no code for a fault of the gateway or for too many requests.
    cannotSay: [401, 403, 429, 500],
    missing: ({ content }, sent) =>
      differing(sent, (pointer, value) => holds(content as ParsedMessage, pointer, value)),
    async [Symbol.asyncDispose]() {
      if (server.listening) await stop()
    },
  }
}

/** A refusal that quotes the patient, as real ones do. */
function refused(controlId: string, { ack, code, location }: Fault, message: ParsedMessage): string {
  const text = `Patient ${message.value('PID-3.1')} not accepted`
  return `MSA|${ack}|${controlId}|${text}\rERR||${location}|${code}^${text}^HL70357|E|||${text}|${text}\r`
}

/** One byte at a time and never the last one. */
function drip(socket: Socket, bytes: Buffer): void {
  let at = 0
  const timer = setInterval(() => at < bytes.length - 2 && socket.write(bytes.subarray(at, ++at)), DRIP_MS)
  socket.once('close', () => clearInterval(timer))
}
