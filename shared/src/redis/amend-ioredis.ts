import type { Redis, RedisOptions } from 'ioredis'

/** What ioredis lacks, also on the blocking connection that BullMQ makes with `duplicate`. */
export function amended(redis: Redis): Redis {
  writeAtOnce(redis)
  sayEnd(redis)
  const duplicate = redis.duplicate.bind(redis)
  redis.duplicate = (override?: RedisOptions) => amended(duplicate(override))
  return redis
}

/**
 * Writes the commands that one turn of the event loop brings to the socket at once, where ioredis makes a system call for each: a
 * worker with its hands full, for whose jobs BullMQ sends one each, does a tenth more. Nothing waits for anything, unlike with
 * `enableAutoPipelining`, whose scripts are lost for good with `SCRIPT FLUSH`.
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
 * ioredis 6.0 forgets to say `end` when it is told to disconnect between two tries to reconnect, and BullMQ's `worker.close()`
 * waits for that word: a worker told to stop while Redis is away would never end by itself.
 */
function sayEnd(redis: Redis): void {
  const disconnect = redis.disconnect.bind(redis)
  redis.disconnect = (reconnect = false) => {
    // as one that never began to connect, which ioredis does end with a word
    if (!reconnect && redis.status === 'reconnecting') redis.status = 'wait'
    disconnect(reconnect)
  }
}
