import { spawnSync } from 'node:child_process'
import { installRedis } from './install-redis.ts'
import { LaunchError } from './launch-error.ts'
import { findOnPath, runCommand } from './run-command.ts'

/** The source of a private Redis; `how` is a human-readable description. */
export type RedisSource =
  | { kind: 'program'; path: string; how: string }
  | { kind: 'docker'; image: string; how: string }

/** The image of docker-compose.yml, and of the tests where there is a Docker engine. */
export const REDIS_IMAGE = 'redis:8-alpine'

const MINUTES = 60_000
/**
 * What has ZMSCORE, the newest command that we use (test/redis/oldest-redis.test.ts); the newest of BullMQ is LPOS, of
 * 6.0.6.
 */
const OLDEST = { major: 6, minor: 2 }

/**
 * Finds a Redis to run: a program on PATH, otherwise a Docker engine, otherwise the system's package manager. `log`
 * gets one line before each long step. Throws a `LaunchError` that names the three ways and why each failed.
 */
export async function findRedis(log: (line: string) => void): Promise<RedisSource> {
  const obstacles: string[] = []
  const onPath = findProgram()
  if (onPath?.usable) return onPath.source
  obstacles.push(onPath ? onPath.obstacle : 'no redis-server is on PATH')

  if (await dockerAnswers()) {
    if (await dockerHasImage(log)) return { kind: 'docker', image: REDIS_IMAGE, how: `${REDIS_IMAGE} in Docker` }
    obstacles.push(`Docker cannot pull ${REDIS_IMAGE}`)
  } else {
    obstacles.push('no Docker engine answers')
  }

  const installation = await installRedis(log)
  if (installation.ok) {
    const { by } = installation
    const installed = findProgram()
    if (installed?.usable) return { ...installed.source, how: `${installed.source.how}, installed with ${by}` }
    obstacles.push(installed ? installed.obstacle : `${by} brought no redis-server`)
  } else {
    obstacles.push(installation.obstacle)
  }
  throw new LaunchError(
    `Redis ${OLDEST.major}.${OLDEST.minor} or later is needed and none was found (${obstacles.join('; ')}): ` +
      'install redis-server so that it is on PATH, or start Docker, or run this as a user who may install packages.',
  )
}

/** Whether a Docker engine, not just its client, answers within five seconds. */
export async function dockerAnswers(): Promise<boolean> {
  const { ok, stdout } = await runCommand('docker', ['version', '--format', '{{.Server.Version}}'], 5_000)
  return ok && stdout.trim() !== ''
}

async function dockerHasImage(log: (line: string) => void): Promise<boolean> {
  if ((await runCommand('docker', ['image', 'inspect', REDIS_IMAGE])).ok) return true
  log(`Pulling ${REDIS_IMAGE} with Docker.`)
  return (await runCommand('docker', ['pull', '--quiet', REDIS_IMAGE], 5 * MINUTES)).ok
}

type Program = { usable: true; source: RedisSource & { kind: 'program' } } | { usable: false; obstacle: string }

function findProgram(): Program | undefined {
  // Debian's redis-tools holds the whole server, named redis-check-rdb: its redis-server is a link to that and a
  // service.
  const path = findOnPath('redis-server') ?? findOnPath('valkey-server') ?? findOnPath('redis-check-rdb')
  if (!path) return undefined
  const { stdout } = spawnSync(path, ['--version'], { timeout: 5_000, argv0: 'redis-server', encoding: 'utf8' })
  const [, version, major, minor] = /\bv=((\d+)\.(\d+)[^ ]*)/.exec(stdout ?? '') ?? []
  if (!version) return { usable: false, obstacle: `${path} does not report its version` }
  if (Number(major) < OLDEST.major || (Number(major) === OLDEST.major && Number(minor) < OLDEST.minor)) {
    return { usable: false, obstacle: `${path} is only version ${version}` }
  }
  return { usable: true, source: { kind: 'program', path, how: `${path} ${version}` } }
}
