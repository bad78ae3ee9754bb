import type { Cluster, Redis, RedisOptions } from 'ioredis'

/** BullMQ's blocking commands wait for at most 10 s. */
const BLOCKING_SILENT_MS = 15_000

/** Patches an ioredis connection, and every copy that `duplicate` creates: BullMQ's blocking connections. */
export function amended(redis: Redis): Redis {
  writeAtOnce(redis)
  sayEnd(redis)
  const duplicate = redis.duplicate.bind(redis)
  redis.duplicate = (override?: RedisOptions) => amended(duplicate({ socketTimeout: BLOCKING_SILENT_MS, ...override }))
  return redis
}

/** The same for a cluster. */
export function amendedCluster(cluster: Cluster): Cluster {
  cluster.on('+node', writeAtOnce)
  const duplicate = cluster.duplicate.bind(cluster)
  cluster.duplicate = (nodes, override) => {
    const redisOptions = { socketTimeout: BLOCKING_SILENT_MS, ...override?.redisOptions }
    return amendedCluster(duplicate(nodes, { ...override, redisOptions }))
  }
  return cluster
}

/**
 * Writes all commands of one turn of the event loop to the socket at once; ioredis makes a system call for each. A busy
 * worker, for which BullMQ sends one command per job, becomes a tenth faster. No command waits, unlike with
 * `enableAutoPipelining`, which cannot recover its scripts after a `SCRIPT FLUSH`.
 */
export function writeAtOnce(redis: Redis): void {
  const sendCommand = redis.sendCommand.bind(redis)
  redis.sendCommand = (command, pipeline) => {
    const { stream } = redis
    if (stream?.writable && !stream.writableCorked) {
      stream.cork()
      process.nextTick(() => stream.uncork())
    }
    return sendCommand(command, pipeline)
  }
}

/**
 * ioredis 6.0 does not emit `end` if it is disconnected between two reconnection attempts, and BullMQ's
 * `worker.close()` waits for that event: a worker stopped while Redis is unreachable would never end.
 */
function sayEnd(redis: Redis): void {
  const disconnect = redis.disconnect.bind(redis)
  redis.disconnect = (reconnect = false) => {
    // in the state of a connection that never connected, ioredis emits `end`
    if (!reconnect && redis.status === 'reconnecting') redis.status = 'wait'
    disconnect(reconnect)
  }
}
