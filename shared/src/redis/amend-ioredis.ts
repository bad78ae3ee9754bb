import type { Cluster, Command, Redis, RedisOptions } from 'ioredis'

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
  keepTogether(cluster)
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

/** Where ioredis notes the server of a pipeline, once it has found one. */
type PipelineTarget = { redis?: Redis }
type SendCommand = (command: Command, stream?: unknown, target?: PipelineTarget) => Promise<unknown>

/**
 * While a server of a cluster is away, ioredis 6.0 looks for another one for each command of a pipeline until one has
 * taken it. If the first command is refused and a later one is not, that server is never sent anything, since the
 * pipeline is not complete, but is expected to answer: from then on each reply on its connection goes to a wrong
 * command. So a pipeline whose first command was refused is refused as a whole.
 */
function keepTogether(cluster: Cluster): void {
  const refused = new WeakSet<PipelineTarget>()
  const sendCommand = cluster.sendCommand.bind(cluster) as SendCommand
  cluster.sendCommand = ((command, stream, target) => {
    if (target && refused.has(target)) command.reject(new Error('the first command of this pipeline was refused'))
    else {
      sendCommand(command, stream, target).catch(() => undefined)
      if (target && !target.redis && command.isSettled) refused.add(target)
    }
    return command.promise
  }) satisfies SendCommand as Cluster['sendCommand']
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
