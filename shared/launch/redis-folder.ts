import {
  accessSync,
  constants,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { connectRedis, untilReady } from '@encounter-gateway/shared/redis/connect.ts'
import { isFree } from './free-port.ts'
import { LaunchError } from './launch-error.ts'

/** The settings for redis.conf. */
export type RedisSettings = { host: string; port: number; password: string; persistent: boolean; maxmemory: string }

/** Creates the folder, or a temporary one if none is given. Throws a `LaunchError` if Redis could not write there. */
export function prepareFolder(dir: string | undefined): string {
  if (dir === undefined) return mkdtempSync(join(tmpdir(), 'encounter-gateway-redis-'))
  const folder = resolve(dir)
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    accessSync(folder, constants.W_OK | constants.X_OK)
  } catch (error) {
    const { code } = error as { code?: unknown }
    throw new LaunchError(
      `Redis cannot keep its data in ${folder} (${String(code)}): use a folder which you may write to.`,
    )
  }
  return folder
}

/**
 * Writes redis.conf, which contains the password and is readable by its owner only. Paths are relative to the folder.
 */
export function writeSettings(folder: string, { host, port, password, persistent, maxmemory }: RedisSettings): void {
  const lines = [
    `bind ${host}`,
    `port ${port}`,
    `requirepass ${password}`,
    `appendonly ${persistent ? 'yes' : 'no'}`,
    'appendfsync always',
    'save ""',
    `maxmemory ${maxmemory}`,
    'maxmemory-policy noeviction',
    'loglevel warning',
    'logfile redis.log',
  ]
  rmSync(join(folder, 'redis.conf'), { force: true })
  writeFileSync(join(folder, 'redis.conf'), `${lines.join('\n')}\n`, { mode: 0o600 })
  rmSync(join(folder, 'redis.log'), { force: true })
}

/**
 * A link by the name under which the program is a server: Debian's redis-check-rdb looks at the name it is called by.
 */
export function linkProgram(folder: string, path: string): string {
  const link = join(folder, 'redis-server')
  rmSync(link, { force: true })
  symlinkSync(path, link)
  return link
}

/**
 * Ends a Redis that is left from an earlier start in this folder, as for a moment after the launcher was killed: two
 * servers must not append to the same file. It is identified by its port and password, so no other Redis is ended.
 */
export async function endLeftover(folder: string): Promise<void> {
  let settings = ''
  try {
    settings = readFileSync(join(folder, 'redis.conf'), 'utf8')
  } catch {
    return
  }
  const [, port] = /^port (\d+)$/m.exec(settings) ?? []
  const [, password] = /^requirepass (\w+)$/m.exec(settings) ?? []
  if (!port || (await isFree(Number(port)))) return
  const redis = connectRedis(`redis://:${password}@127.0.0.1:${port}`, 'producer')
  redis.on('error', () => {})
  try {
    await untilReady(redis, 5_000)
    await redis.call('SHUTDOWN', 'NOSAVE')
  } catch {
    // no server, another one, or it ended without an answer, as SHUTDOWN does
  } finally {
    redis.disconnect()
  }
}

/** The last line logged by Redis that is not advice about the system; never contains data. */
export function lastLogged(folder: string): string | undefined {
  try {
    const lines = readFileSync(join(folder, 'redis.log'), 'utf8').split('\n')
    const told = lines.filter((line) => / # /.test(line) && !/WARNING/.test(line))
    return told
      .at(-1)
      ?.replace(/^.* # /, '')
      .trim()
  } catch {
    return undefined
  }
}

/** Why Redis did not start, in one sentence with what to do. */
export function explainFailure(folder: string, cause: string, how: string): LaunchError {
  if (/append only|append-only|AOF|RDB|short read|checksum|manifest/i.test(cause)) {
    return new LaunchError(
      `Redis (${how}) cannot read its data in ${folder} (${cause}): repair them with redis-check-aof, ` +
        'or move that folder away to start with an empty one.',
    )
  }
  return new LaunchError(`Redis (${how}) does not start in ${folder}: ${cause}`)
}
