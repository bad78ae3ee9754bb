import type { Application } from '@encounter-gateway/shared/config/schema.ts'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type { Socket } from 'node:net'
import { Transform, type Readable } from 'node:stream'
import { Refusal } from '../http/refusal.ts'
import { networkOf } from './refused-keys.ts'

const KiB = 1024
const MiB = 1024 * KiB

/** The limits for callers who have not shown who they are. */
export type UnknownLimits = {
  /** The largest body: an encounter has 2 to 20 KiB. */
  bodyBytes: number
  /** Bytes of bodies in memory, in this process. */
  bytes: number
  /** The same for one address. */
  bytesOfAddress: number
  /** Open connections of one address on which nobody has proven who they are; not behind a trusted proxy. */
  socketsOfAddress: number
  /** All open connections of this process. */
  sockets: number
}

const limitsByDefault: UnknownLimits = {
  bodyBytes: 256 * KiB,
  bytes: 64 * MiB,
  bytesOfAddress: 32 * MiB,
  socketsOfAddress: 2_000,
  sockets: 20_000,
}

declare module 'fastify' {
  interface FastifyInstance {
    /** Ends the limits of a socket: its caller has proven to be this application. */
    callerProven(socket: Socket): void
  }
  interface FastifyRequest {
    /** Gives back the part of the budget that the body holds; to be called once the caller is known. */
    releaseBody: (() => void) | undefined
  }
}

/**
 * Bounds what callers cost before they have shown who they are: the size of a body with the credentials in it, all such
 * bodies together, and connections. A caller with right credentials in its headers meets none of this but `sockets`.
 */
export const unknownCallers = fp(
  async function unknownCallers(
    app: FastifyInstance,
    options: { trustedProxies: number; limits?: Partial<UnknownLimits> | undefined },
  ) {
    const limits = { ...limitsByDefault, ...options.limits }
    const bytesOf = new Map<string, number>()
    let bytes = 0
    const socketsOf = new Map<string, number>()
    const unproven = new WeakMap<Socket, string>()

    app.server.maxConnections = limits.sockets
    app.server.on('connection', (socket: Socket) => {
      // behind a proxy every caller has the proxy's address
      if (options.trustedProxies > 0) return
      const address = networkOf(socket.remoteAddress ?? '')
      const count = (socketsOf.get(address) ?? 0) + 1
      if (count > limits.socketsOfAddress) {
        socket.destroy()
        return
      }
      socketsOf.set(address, count)
      unproven.set(socket, address)
      socket.once('close', () => leave(socket))
    })

    function leave(socket: Socket): void {
      const address = unproven.get(socket)
      if (address === undefined) return
      unproven.delete(socket)
      addTo(socketsOf, address, -1)
    }

    app.decorate('callerProven', leave)
    app.decorateRequest('releaseBody')
    app.addHook('preParsing', (request, reply, payload, next) => {
      const { headers, routeOptions } = request
      const { application } = request as { application?: Application }
      const hasBody = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
      if (application || !hasBody || routeOptions.config.streamsBody) return next()
      if (Number(headers['content-length']) > limits.bodyBytes) return next(tooLarge(reply))
      next(null, limited(request, reply, payload as Readable))
    })

    /** The body, counted while it arrives. */
    function limited(request: FastifyRequest, reply: FastifyReply, payload: Readable): Readable {
      const address = networkOf(request.ip)
      let held = 0
      const release = () => {
        bytes -= held
        addTo(bytesOf, address, -held)
        held = 0
      }
      request.releaseBody = release
      reply.raw.once('close', release)
      const counting = new Transform({
        transform(piece: Buffer, _encoding, done) {
          held += piece.length
          bytes += piece.length
          addTo(bytesOf, address, piece.length)
          if (held > limits.bodyBytes) return done(tooLarge(reply))
          if (bytes > limits.bytes || (bytesOf.get(address) ?? 0) > limits.bytesOfAddress) return done(tooMany(reply))
          done(null, piece)
        },
      })
      payload.once('error', (error) => counting.destroy(error))
      payload.once('aborted', () => counting.destroy(new Refusal('upload-stalled', 'The connection broke.')))
      return payload.pipe(counting)
    }

    function tooLarge(reply: FastifyReply): Refusal {
      reply.header('Connection', 'close')
      const detail =
        `A body with the ApplicationName and ApplicationKey in it may have at most ${limits.bodyBytes} bytes; ` +
        'send them as headers for a larger one.'
      return new Refusal('payload-too-large', detail)
    }

    function tooMany(reply: FastifyReply): Refusal {
      reply.header('Connection', 'close')
      const detail =
        'Too many bodies of callers that are not known yet are arriving; send ApplicationName and ApplicationKey as headers.'
      return new Refusal('unavailable', detail, {}, { 'Retry-After': '2' })
    }
  },
  { name: 'unknown-callers' },
)

function addTo(counts: Map<string, number>, name: string, more: number): void {
  const count = (counts.get(name) ?? 0) + more
  if (count > 0) counts.set(name, count)
  else counts.delete(name)
}
