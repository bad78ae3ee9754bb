import { join } from 'node:path'
import { openChaosProxy } from '../chaos-proxy.ts'
import { startRedisServer } from './server.ts'
import type { RedisSetUp, SetUpAbout } from './set-up.ts'

/** One server; apis and workers each have a line of their own to it. */
export async function openSingle({ dataFolder, folder, settings }: SetUpAbout): Promise<RedisSetUp> {
  await using started = new AsyncDisposableStack()
  const logPath = join(folder, 'redis.log')
  const server = started.use(await startRedisServer({ folder: dataFolder, logPath, settings }))
  const apis = started.use(await openChaosProxy(server.port))
  const workers = started.use(await openChaosProxy(server.port))
  const named = { ...server, name: 'redis' }
  const ends = started.move()
  return {
    how: server.how,
    urls: { apis: `redis://127.0.0.1:${apis.port}`, workers: `redis://127.0.0.1:${workers.port}` },
    servers: [named],
    control: server.control,
    primaries: async () => [named],
    async lineToData(random) {
      return random.fraction() < 0.5
        ? { target: 'line of the apis to redis', line: apis }
        : { target: 'line of the workers to redis', line: workers }
    },
    failOver: async () => 'there is no replica',
    untilWell: async () => undefined,
    [Symbol.asyncDispose]: () => ends.disposeAsync(),
  }
}
