import { EventEmitter, once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

/** What happens to a connection once it has brought so many bytes: it is cut, or nothing more gets through. */
export type Weakness = { afterBytes: number; how: 'cut' | 'hold' }

/** A line to a server of this machine that fails as often as it is told to, each time on the connection that gets that far first. */
export async function openWeakLine(targetPort: number, ...weaknesses: Weakness[]) {
  const events = new EventEmitter()
  const sockets = new Set<Socket>()
  const struck: Weakness[] = []
  const proxy = createServer((client) => {
    const server = connect(targetPort, '127.0.0.1')
    let bytes = 0
    const end = () => {
      client.destroy()
      server.destroy()
    }
    for (const socket of [client, server]) {
      sockets.add(socket)
      socket.on('error', end).on('close', end)
    }
    server.pipe(client)
    client.on('data', (piece: Buffer) => {
      bytes += piece.length
      const weakness = weaknesses[0]
      if (!weakness || bytes < weakness.afterBytes) {
        if (server.writable && !server.write(piece)) {
          client.pause()
          server.once('drain', () => client.resume())
        }
        return
      }
      weaknesses.shift()
      struck.push(weakness)
      if (weakness.how === 'cut') end()
      else client.pause()
      events.emit('struck')
    })
  })
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  return {
    url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    /** Resolves when it has failed so often. */
    async failed(times: number) {
      while (struck.length < times) await once(events, 'struck')
    },
    async [Symbol.asyncDispose]() {
      proxy.close()
      for (const socket of sockets) socket.destroy()
      await once(proxy, 'close')
    },
  }
}
