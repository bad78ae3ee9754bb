import { Redis } from 'ioredis'
import { globSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

/** The rooms that may speak to Redis. */
const ROOMS = ['shared/src/records/', 'shared/src/redis/', 'shared/src/webhooks/']
/** Commands under other names, and ways around the door. */
const more = ['multi', 'pipeline', 'call', 'callBuffer', 'defineCommand', 'sendCommand']
const commands = new Set([
  ...new Redis({ lazyConnect: true }).getBuiltinCommands().flatMap((name) => [name, `${name}Buffer`]),
  ...more,
])
// these end a connection, and the caller who opened it must
for (const own of ['quit', 'disconnect']) commands.delete(own)

/** The names in a file by which a connection to Redis goes: declared as one, or opened as one. */
function connectionsIn(source: string): Set<string> {
  const declared = [...source.matchAll(/\b(\w+)\??: (?:RedisClient|Redis|Cluster)\b/g)].map(([, name = '']) => name)
  const opened = [...source.matchAll(/\b(\w+) = connectRedis\(/g)].map(([, name = '']) => name)
  return new Set(['redis', 'subscriber', ...declared, ...opened])
}

/** The Redis commands that a file sends, and its ways to the client inside BullMQ. */
function commandsIn(source: string): string[] {
  const connections = connectionsIn(source)
  const calls = [...source.matchAll(/\b(\w+)\s*\??\.\s*(\w+)\(/g)]
  const raw = calls.filter(([, on = '', command = '']) => connections.has(on) && commands.has(command))
  const inner = source.matchAll(/\bgetBackend\(\)|\bqueue\.client\b/g)
  return [...raw, ...inner].map(([text]) => text)
}

test.each([
  ["await redis.zscore(key, 'a')", ['redis.zscore(']],
  ['about.redis\n  .multi()', ['redis\n  .multi(']],
  ['const control = connectRedis(url)\ncontrol.getBuffer(key)', ['control.getBuffer(']],
  ["(client: RedisClient) => client.get('a')", ['client.get(']],
  ['(await queue.client).get(key)', ['queue.client']],
  ['redis.quit(); redis.on(name, act); seen.get(key); redis.disconnect()', []],
] as const)('finds raw commands: %j', (source, found) => {
  expect(commandsIn(source)).toEqual(found)
})

test('only the rooms of the store send commands to Redis', () => {
  const files = globSync(['{api,worker,shared}/src/**/*.ts', 'api/client/**/*.ts'], { exclude: ['**/*.test.ts'] })
  expect(files.length).toBeGreaterThan(100)
  const outside = files.filter((file) => !ROOMS.some((room) => file.startsWith(room)))
  const raw = outside.flatMap((file) => commandsIn(readFileSync(file, 'utf8')).map((command) => `${file}: ${command}`))
  expect(raw).toEqual([])
})
