import { join } from 'node:path'
import { openSeveral, startLined } from './several.ts'
import { startRedisServer, type RedisServer } from './server.ts'
import type { RedisSetUp, SetUpAbout } from './set-up.ts'

const SERVERS = 3
const SENTINELS = 3
const NAME = 'main'
/** As `docs/operations.md` asks for it, but quicker, so that much happens in little time. */
const DOWN_AFTER_MS = 2_000
const FAILOVER_MS = 6_000

/** A primary, two replicas and three sentinels. */
export async function openSentinelSetUp(about: SetUpAbout): Promise<RedisSetUp> {
  await using started = new AsyncDisposableStack()
  const lined = await startLined(
    SERVERS,
    about,
    (n, linePorts) => [
      'replica-announce-ip 127.0.0.1',
      `replica-announce-port ${linePorts[n]}`,
      ...(n > 0 ? [`replicaof 127.0.0.1 ${linePorts[0]}`] : []),
    ],
    started,
  )
  const sentinels: RedisServer[] = []
  for (let n = 0; n < SENTINELS; n++) {
    const sentinel = await startRedisServer({
      folder: join(about.dataFolder, `sentinel-${n}`),
      logPath: join(about.folder, `sentinel-${n}.log`),
      sentinel: true,
      settings: [
        `sentinel monitor ${NAME} 127.0.0.1 ${lined[0]?.line.port} 2`,
        `sentinel down-after-milliseconds ${NAME} ${DOWN_AFTER_MS}`,
        `sentinel failover-timeout ${NAME} ${FAILOVER_MS}`,
      ],
    })
    sentinels.push(started.use(sentinel))
  }
  const ask = async (...words: string[]) => {
    let failure: unknown
    for (const { control } of sentinels) {
      try {
        return await control.call('SENTINEL', ...words)
      } catch (error) {
        failure = error
      }
    }
    throw failure
  }
  const primary = async () => {
    const [, port] = (await ask('GET-MASTER-ADDR-BY-NAME', NAME)) as string[]
    const named = lined.find(({ line }) => line.port === Number(port))
    if (!named) throw new Error(`the sentinels name port ${port}, which is nobody's`)
    return named.server
  }
  const nodes = sentinels.map(({ port }) => `127.0.0.1:${port}`).join()
  return await openSeveral(
    {
      how: `${SERVERS} servers and ${SENTINELS} sentinels`,
      url: `redis+sentinel://${nodes}/${NAME}`,
      lined,
      probes: () => ['probe'],
      primaries: async () => [await primary()],
      async failOver() {
        try {
          return String(await ask('FAILOVER', NAME))
        } catch (error) {
          return (error as Error).message
        }
      },
    },
    started,
  )
}
