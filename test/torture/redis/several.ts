import { setTimeout as delay } from 'node:timers/promises'
import { findFreePort } from '@encounter-gateway/launch/free-port.ts'
import { connectRedis, untilReady } from '@encounter-gateway/shared/redis/connect.ts'
import { join } from 'node:path'
import { openChaosProxy, type ChaosProxy } from '../chaos-proxy.ts'
import { startRedisServer } from './server.ts'
import type { DataServer, RedisSetUp, SetUpAbout } from './set-up.ts'

/** For a failover and the return of every replica. */
const WELL_MS = 60_000
const LOOKED_EVERY_MS = 100

/** A server and the line through which everybody reaches it: it announces the port of its line as its own. */
export type LinedServer = { server: DataServer; line: ChaosProxy }

/** Starts servers that know each other, and are known, by their lines. `settingsOf`: by number and the port of its line. */
export async function startLined(
  count: number,
  { dataFolder, folder, settings }: SetUpAbout,
  settingsOf: (n: number, linePorts: readonly number[]) => Promise<string[]> | string[],
  ends: AsyncDisposableStack,
): Promise<LinedServer[]> {
  const ports: number[] = []
  const lines: ChaosProxy[] = []
  for (let n = 0; n < count; n++) {
    const port = await findFreePort()
    ports.push(port)
    lines.push(ends.use(await openChaosProxy(port)))
  }
  const linePorts = lines.map(({ port }) => port)
  const lined: LinedServer[] = []
  for (const [n, line] of lines.entries()) {
    const name = `redis-${n}`
    const server = await startRedisServer({
      folder: join(dataFolder, name),
      logPath: join(folder, `${name}.log`),
      settings: [...settings, ...(await settingsOf(n, linePorts))],
      ...(ports[n] !== undefined && { port: ports[n] }),
    })
    lined.push({ server: { ...ends.use(server), name }, line })
  }
  return lined
}

/** What Sentinel and Cluster have in common, once `url` leads to the data. */
export async function openSeveral(
  about: {
    how: string
    url: string
    lined: readonly LinedServer[]
    /** Keys of which each part of the data has one. */
    probes: () => string[]
  } & Pick<RedisSetUp, 'primaries' | 'failOver'>,
  ends: AsyncDisposableStack,
): Promise<RedisSetUp> {
  const { how, url, lined, probes, primaries, failOver } = about
  const control = connectRedis(url, 'producer', 2_000)
  control.on('error', () => undefined)
  ends.defer(() => control.disconnect())
  const isWell = async () => {
    const written = await Promise.allSettled(probes().map((key) => control.set(key, '1', 'PX', 1_000)))
    return written.every(({ status }) => status === 'fulfilled')
  }
  const untilWell = async (signal: AbortSignal) => {
    const giveUpAt = performance.now() + WELL_MS
    while (!(await isWell())) {
      if (performance.now() > giveUpAt) throw new Error('Redis does not take writes again')
      await delay(LOOKED_EVERY_MS, undefined, { signal })
    }
  }
  await untilReady(control)
  await untilWell(AbortSignal.timeout(WELL_MS))
  const owned = ends.move()
  return {
    how,
    urls: { apis: url, workers: url },
    servers: lined.map(({ server }) => server),
    control,
    primaries,
    async lineToData(random) {
      const [first, ...others] = await primaries()
      const primary = random.fraction() < 0.5 ? first : random.pick([first, ...others])
      const of = lined.find(({ server }) => server.name === primary?.name) ?? lined[0]
      if (!of) throw new Error('there is no server')
      return { target: `line to ${of.server.name}`, line: of.line }
    },
    failOver,
    untilWell,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}
