import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { pid } from 'node:process'
import type { RedisClient } from '../redis/connect.ts'
import { VERSION } from '../version.ts'
import { FLEET_KEY } from './keys.ts'
import { SECOND } from '../durations.ts'

/** How often a process writes its sign of life. */
const BEAT_MS = 4 * SECOND
/** A process without a sign of life for this long is no longer counted as running. */
const ALIVE_MS = 15 * SECOND
const FORGOTTEN_MS = 3_600 * SECOND

/** A process of the gateway, as it describes itself. */
export type Process = {
  Id: string
  Kind: 'api' | 'worker'
  Host: string
  Pid: number
  Version: string
  /** A fingerprint of its configuration: processes with the same one run the same configuration. */
  Configuration: string
  StartedAt: string
}

/** A process and its last sign of life; `Alive`: it was less than 15 s ago. */
export type SeenProcess = Process & { SeenAt: string; Alive: boolean }

/** Writes a sign of life, and forgets processes that gave none for an hour. */
export async function beat(redis: RedisClient, process: Process): Promise<void> {
  await redis.hset(FLEET_KEY, process.Id, JSON.stringify({ ...process, SeenAt: new Date().toISOString() }))
  const gone = (await readFleet(redis)).filter(({ SeenAt }) => Date.now() - Date.parse(SeenAt) > FORGOTTEN_MS)
  if (gone.length > 0) await redis.hdel(FLEET_KEY, ...gone.map(({ Id }) => Id))
}

/** Takes a process out of the fleet as it stops. */
export async function leaveFleet(redis: RedisClient, id: string): Promise<void> {
  await redis.hdel(FLEET_KEY, id)
}

/** The processes that gave a sign of life in the last hour, by kind, then oldest first. */
export async function readFleet(redis: RedisClient): Promise<SeenProcess[]> {
  const stored = await redis.hgetall(FLEET_KEY)
  return Object.values(stored)
    .map((text) => JSON.parse(text) as Omit<SeenProcess, 'Alive'>)
    .map((each) => ({ ...each, Alive: Date.now() - Date.parse(each.SeenAt) < ALIVE_MS }))
    .sort((a, b) => a.Kind.localeCompare(b.Kind) || a.StartedAt.localeCompare(b.StartedAt))
}

/**
 * Writes signs of life of this process until it is closed. A sign that cannot be written is left out: the process then
 * counts as gone, as one does that Redis no longer hears.
 */
export function startBeating(
  redis: RedisClient,
  about: { kind: Process['Kind']; configuration: string },
): { close(): Promise<void> } {
  const process: Process = {
    Id: randomBytes(8).toString('hex'),
    Kind: about.kind,
    Host: hostname(),
    Pid: pid,
    Version: VERSION,
    Configuration: about.configuration,
    StartedAt: new Date().toISOString(),
  }
  let beating: Promise<void> | undefined
  const once = () => {
    beating ??= beat(redis, process)
      .catch(() => undefined)
      .finally(() => (beating = undefined))
  }
  const timer = setInterval(once, BEAT_MS)
  once()
  return {
    async close() {
      clearInterval(timer)
      await beating
      // a producer refuses at once, a consumer would wait for Redis to return
      if (redis.status === 'ready') await leaveFleet(redis, process.Id).catch(() => undefined)
    },
  }
}
