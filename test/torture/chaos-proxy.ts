import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import type { Random } from './random.ts'

/** The effect of the line on what passes. */
export type LineFault =
  /** Each piece is held for up to this time; the order stays. */
  | { how: 'delay'; upToMs: number }
  /** Connections are reset, a share of them again and again. */
  | { how: 'cut'; share: number; everyMs: number }
  /**
   * One direction of a connection ends in good order while the other stays open; the connection is reset a second
   * later.
   */
  | { how: 'half-close'; share: number; everyMs: number }
  /** Requests arrive and answers do not, then the connection is reset. */
  | { how: 'deaf' }
  /** A share of the open connections falls silent for good, without an end, as behind a firewall; new ones work. */
  | { how: 'silent'; share: number }

/** A line between a client and a server that can be made bad. */
export type ChaosProxy = AsyncDisposable & {
  port: number
  /** Makes the line bad until `calm`. */
  spoil(fault: LineFault, random: Random): void
  calm(): void
}

type Pair = { client: Socket; server: Socket; silent: boolean }

/** Listens on a port of its own and forwards everything to `targetPort` of this machine. */
export async function openChaosProxy(targetPort: number): Promise<ChaosProxy> {
  const pairs = new Set<Pair>()
  let fault: LineFault | undefined
  let random: Random | undefined
  let timer: NodeJS.Timeout | undefined

  const proxy = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    const server = connect({ port: targetPort, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
    const pair = { client, server, silent: false }
    pairs.add(pair)
    const end = () => {
      pairs.delete(pair)
      if (!client.destroyed) client.resetAndDestroy()
      if (!server.destroyed) server.resetAndDestroy()
    }
    for (const socket of [client, server]) socket.on('error', end).on('close', end)
    const delayMs = () => delayOf(fault, random)
    pass(client, server, delayMs, () => pair.silent)
    pass(server, client, delayMs, () => pair.silent || fault?.how === 'deaf')
  })
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')

  const reset = (pair: Pair) => pair.client.destroy()
  const halfClose = (pair: Pair) => {
    ;(random && random.fraction() < 0.5 ? pair.client : pair.server).end()
    setTimeout(reset, 1000, pair)
  }
  const calm = () => {
    clearInterval(timer)
    // swallowed bytes will never arrive: the gateway could not be expected to detect a line that only seems whole
    if (fault?.how === 'deaf') for (const pair of pairs) reset(pair)
    fault = undefined
  }
  return {
    port: (proxy.address() as AddressInfo).port,
    spoil(next, by) {
      calm()
      fault = next
      random = by
      if (next.how === 'silent') for (const pair of pairs) pair.silent ||= by.fraction() < next.share
      if (next.how !== 'cut' && next.how !== 'half-close') return
      const strike = () => {
        for (const pair of pairs) if (by.fraction() < next.share) (next.how === 'cut' ? reset : halfClose)(pair)
      }
      strike()
      timer = setInterval(strike, next.everyMs)
    },
    calm,
    async [Symbol.asyncDispose]() {
      calm()
      proxy.close()
      for (const pair of pairs) reset(pair)
      await once(proxy, 'close')
    },
  }
}

function delayOf(fault: LineFault | undefined, random: Random | undefined): number {
  return fault?.how === 'delay' && random ? random.integer(0, fault.upToMs) : 0
}

/** Forwards one direction, in order; its end as well. */
function pass(from: Socket, to: Socket, delayMs: () => number, swallow: () => boolean): void {
  const waiting: (() => void)[] = []
  let busyUntil = 0
  const inTurn = (action: () => void) => {
    const at = Math.max(performance.now() + delayMs(), busyUntil)
    busyUntil = at
    if (waiting.length === 0 && at <= performance.now()) return action()
    waiting.push(action)
    // whichever timer fires, the oldest goes first: two of the same millisecond may fire in either order
    setTimeout(() => waiting.shift()?.(), Math.max(at - performance.now(), 1))
  }
  from.on('data', (chunk: Buffer) => {
    if (swallow()) return
    inTurn(() => {
      if (!to.writable || to.write(chunk) || from.isPaused()) return
      from.pause()
      to.once('drain', () => from.resume())
    })
  })
  from.on('end', () => inTurn(() => to.writable && to.end()))
}
