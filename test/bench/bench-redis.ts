import { startRedis } from '@encounter-gateway/launch/redis-server.ts'
import { Redis } from 'ioredis'

/** What a Redis has done so far, and stores. */
export type RedisCounters = {
  usedMemory: number
  bytesIn: number
  bytesOut: number
  /** Number of reads from a socket: with one request at a time, its round trips. */
  reads: number
  /** Bytes ever written to its append-only file. */
  appended: number
  cpuMs: number
}

/**
 * A private, empty Redis, the same for every side: `appendonly yes`, `appendfsync always`, no rewrites, no snapshots,
 * noeviction.
 */
export type BenchRedis = AsyncDisposable & {
  url: string
  how: string
  /** A connection of the bench's own. */
  client: Redis
  counters(): Promise<RedisCounters>
  /** The commands that arrive while `during` runs: sent by clients, and called by their scripts. Slows down Redis. */
  commandsDuring(during: () => Promise<void>): Promise<{ sent: number; scripted: number }>
}

/** Marks the end of what is counted. */
const LAST = 'the last one that counts'

/** `settings` override the usual ones. */
export async function startBenchRedis(settings: Record<string, string> = {}): Promise<BenchRedis> {
  const server = await startRedis({ persistent: true, maxmemory: '0', log: () => undefined })
  const client = new Redis(server.url)
  client.on('error', () => undefined)
  // a rewrite takes a core for a second, in one window and not in the next
  await client.config('SET', 'auto-aof-rewrite-percentage', '0')
  for (const [name, value] of Object.entries(settings)) await client.config('SET', name, value)
  return {
    url: server.url,
    how: server.how,
    client,
    async counters() {
      const info = await client.info()
      const read = (name: string) => Number(new RegExp(`^${name}:([0-9.]+)`, 'm').exec(info)?.[1])
      return {
        usedMemory: read('used_memory'),
        bytesIn: read('total_net_input_bytes'),
        bytesOut: read('total_net_output_bytes'),
        reads: read('total_reads_processed'),
        appended: read('aof_current_size'),
        cpuMs: (read('used_cpu_user') + read('used_cpu_sys')) * 1000,
      }
    },
    async commandsDuring(during) {
      const monitor = await client.monitor()
      const count = { sent: 0, scripted: 0 }
      const lastSeen = Promise.withResolvers<void>()
      monitor.on('monitor', (_time: string, [name = '', text]: string[], source: string) => {
        if (text === LAST) lastSeen.resolve()
        else if (source === 'lua') count.scripted++
        else if (name !== 'info') count.sent++
      })
      await during()
      await client.echo(LAST)
      await lastSeen.promise
      monitor.disconnect()
      return count
    },
    async [Symbol.asyncDispose]() {
      client.disconnect()
      await server.close()
    },
  }
}
