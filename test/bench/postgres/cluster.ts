import { spawn, spawnSync } from 'node:child_process'
import { chownSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { findFreePort } from '@encounter-gateway/launch/free-port.ts'
import { endOf } from '@encounter-gateway/launch/process-end.ts'
import { Client } from 'pg'
import { Skipped } from '../measurement.ts'
import type { Store } from '../sides/side.ts'

const START_MS = 30_000
/**
 * As for Redis in test/torture: becomes the server, with a watcher that ends it when standard input ends, as it does
 * with this process.
 */
const WATCHED = 'exec 3<&0 </dev/null; (cat <&3; kill -QUIT $$) >/dev/null 2>&1 & exec 3<&-; exec "$0" "$@"'
/** Durable, as by default; otherwise the settings that one changes first on a machine of its own. */
const settings = { shared_buffers: '512MB', max_wal_size: '4GB', max_connections: '200', log_min_messages: 'fatal' }

/** A private, empty PostgreSQL in a temporary folder. Throws `Skipped` if none is installed. */
export async function openPostgresStore(): Promise<Store> {
  const bin = findPrograms()
  if (!bin) throw new Skipped('PostgreSQL is not installed here: apt-get install postgresql')
  const user = unprivilegedUser()
  const folder = mkdtempSync(join(tmpdir(), 'gateway-bench-postgres-'))
  if (user) chownSync(folder, user.uid, user.gid)
  const data = join(folder, 'data')
  const made = spawnSync(join(bin, 'initdb'), ['-D', data, '-U', 'bench', '-A', 'trust', '-E', 'UTF8', '--no-sync'], {
    ...user,
    cwd: folder,
    encoding: 'utf8',
  })
  if (made.status !== 0) throw new Skipped(`initdb fails: ${made.stderr.trim().split('\n').at(-1)}`)
  const port = await findFreePort()
  const given = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const server = spawn(
    'sh',
    ['-c', WATCHED, join(bin, 'postgres'), '-D', data, '-k', folder, '-h', '127.0.0.1', '-p', String(port), ...given],
    { ...user, cwd: folder, stdio: ['pipe', 'ignore', 'ignore'] },
  )
  const ended = endOf(server)
  const url = `postgres://bench@127.0.0.1:${port}/postgres`
  await untilUp(url)
  return {
    url,
    async [Symbol.asyncDispose]() {
      server.stdin.end()
      await ended
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function untilUp(url: string): Promise<void> {
  const giveUpAt = Date.now() + START_MS
  for (;;) {
    const client = new Client(url)
    client.on('error', () => undefined)
    try {
      await client.connect()
      return await client.end()
    } catch (error) {
      if (Date.now() > giveUpAt) throw error
      await delay(50)
    }
  }
}

/** The path of initdb and postgres: Debian keeps them off PATH. */
function findPrograms(): string | undefined {
  const debian = '/usr/lib/postgresql'
  const told = spawnSync('pg_config', ['--bindir'], { encoding: 'utf8' }).stdout?.trim()
  const versions = spawnSync('ls', [debian], { encoding: 'utf8' }).stdout.trim().split('\n').toReversed()
  const candidates = [told, ...versions.map((version) => join(debian, version, 'bin'))]
  return candidates.find((folder) => folder && listed(folder).includes('initdb') && listed(folder).includes('postgres'))
}

function listed(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

/** PostgreSQL refuses to run as root; its package creates a user for it. */
function unprivilegedUser(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined
  const id = (flag: string) => Number(spawnSync('id', [flag, 'postgres'], { encoding: 'utf8' }).stdout.trim() || NaN)
  const [uid, gid] = [id('-u'), id('-g')]
  if (Number.isNaN(uid)) throw new Skipped('PostgreSQL does not run as root, and there is no user postgres')
  return { uid, gid }
}
