import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import type { Misbehaviour, SimulatedEmr } from './simulated-emr.ts'

export type HttpCall = { method: string; url: URL; headers: IncomingHttpHeaders; body: string }
export type HttpReply = { status: number; headers?: Record<string, string>; body?: string }

/** The vendor's part of a simulated EMR that speaks HTTP. */
export type HttpVendor = {
  /** Answers as the vendor does, and stores what it creates. */
  handle(call: HttpCall): HttpReply | Promise<HttpReply>
  /** Whether a call would create an encounter: only such calls meet a misbehaviour and count as load. */
  creates(call: HttpCall): boolean
  /** The vendor's form of one of the seed's codes. */
  say(code: 400 | 401 | 403 | 408 | 429 | 500 | 502): HttpReply
}

/** A server on a free port of 127.0.0.1 that answers as the vendor does, and misbehaves on demand. */
export type MisbehavingHttp = Pick<SimulatedEmr, 'misbehave' | 'down' | 'load'> &
  AsyncDisposable & {
    baseUrl: string
    /** The body of every call that had one, oldest first. */
    bodies: string[]
  }

const OVERSIZED_BYTES = 8 * 1024 * 1024
const DRIP_MS = 50

export async function openMisbehavingHttp(vendor: HttpVendor): Promise<MisbehavingHttp> {
  let left = 0
  let how: Misbehaviour['how'] | undefined
  let isDown = false
  let atOnce = 0
  const bodies: string[] = []
  const load = { mostAtOnce: 0, arrivals: [] as number[] }

  const server = createServer((request, response) => {
    // a reply cut off on purpose is no fault of the test
    answer(request, response).catch(() => response.destroy())
  })
  server.on('connection', (socket) => isDown && socket.destroy())

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
    const url = new URL(request.url ?? '/', 'http://emr')
    const body = Buffer.concat(chunks).toString()
    if (body !== '') bodies.push(body)
    const call = { method: request.method ?? '', url, headers: request.headers, body }
    if (!vendor.creates(call)) return send(response, await vendor.handle(call))
    load.arrivals.push(performance.now())
    load.mostAtOnce = Math.max(load.mostAtOnce, ++atOnce)
    response.once('close', () => atOnce--)
    const now = left > 0 ? how : undefined
    if (now) left--
    if (!now) return send(response, await vendor.handle(call))
    if (typeof now === 'object' && 'answer' in now) return send(response, vendor.say(now.answer))
    if (typeof now === 'object') {
      response.destroy()
      await delay(now.dropAndCommitAfterMs)
      await vendor.handle(call)
      return
    }
    if (now === 'hang before commit') return
    if (now === 'drop before commit') return void response.destroy()
    const reply = await vendor.handle(call)
    if (now === 'hang after commit') return
    if (now === 'drop after commit') return void response.destroy()
    if (now === 'garbage') return void response.socket?.end('\u0000\u0001 this is not HTTP \r\n\r\n')
    if (now === 'oversized')
      return send(response, { ...reply, body: JSON.stringify({ filler: 'x'.repeat(OVERSIZED_BYTES) }) })
    drip(response, reply)
  }

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo

  return {
    baseUrl: `http://127.0.0.1:${port}`,
    bodies,
    load: () => load,
    misbehave(next) {
      how = next === 'never' ? undefined : next.how
      left = next === 'never' ? 0 : (next.times ?? Infinity)
    },
    async down(nowDown) {
      isDown = nowDown
      if (nowDown) server.closeAllConnections()
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

function send(response: ServerResponse, { status, headers = {}, body = '' }: HttpReply): void {
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) }).end(body)
}

/** One byte at a time and never the last one. */
function drip(response: ServerResponse, { status, headers = {}, body = '' }: HttpReply): void {
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) + 1 })
  let at = 0
  const timer = setInterval(() => response.write(body.charAt(at++) || ' '), DRIP_MS)
  response.once('close', () => clearInterval(timer))
}
