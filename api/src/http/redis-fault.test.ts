import { Cluster, Redis } from 'ioredis'
import { expect, test } from 'vitest'
import { isRedisFault } from './redis-fault.ts'

function replyError(message: string): Error {
  return Object.assign(new Error(message), { name: 'ReplyError' })
}

test.each([
  "READONLY You can't write against a read only replica.",
  'LOADING Redis is loading the dataset in memory',
  "OOM command not allowed when used memory > 'maxmemory'.",
  'MISCONF Redis is configured to save RDB snapshots, but it is currently unable to persist to disk.',
  'CLUSTERDOWN The cluster is down',
  'EXECABORT Transaction discarded because of previous errors.',
])('a reply of Redis that will pass is its fault: %s', (message) => {
  expect(isRedisFault(replyError(message))).toBe(true)
})

test('a command that ioredis refuses while it is not connected is a fault of Redis', async () => {
  const redis = new Redis({ port: 1, lazyConnect: true, enableOfflineQueue: false, retryStrategy: null })
  redis.on('error', () => undefined)
  const refused: unknown = await redis.connect().then(
    () => undefined,
    (error: unknown) => error,
  )
  expect(isRedisFault(refused)).toBe(true)
  const late: unknown = await redis.get('key').catch((error: unknown) => error)
  expect(isRedisFault(late)).toBe(true)
})

test('so is every error of a cluster, also those that ioredis gives neither a class nor a code', async () => {
  const cluster = new Cluster([{ host: '127.0.0.1', port: 1 }], { lazyConnect: true, enableOfflineQueue: false })
  const handlers = { maxRedirections: (error: Error) => found.push(error) }
  const found: unknown[] = []
  Reflect.apply(Reflect.get(cluster, 'handleError') as () => void, cluster, [
    new Error('MOVED'),
    { value: 0 },
    handlers,
  ])
  const refused: unknown = await cluster.get('key').catch((error: unknown) => error)
  found.push(refused)
  cluster.disconnect()
  expect(found.map(isRedisFault)).toEqual([true, true])
  expect(String(found[0])).toContain('Too many Cluster redirections')
})

test.each([
  replyError('WRONGTYPE Operation against a key holding the wrong kind of value'),
  replyError("ERR unknown command 'FROB'"),
  new TypeError('Command timed out is not a function'),
  new Error('the OOM killer'),
  'READONLY',
])('anything else is our own fault: %s', (error) => {
  expect(isRedisFault(error)).toBe(false)
})
