import { Cluster } from 'ioredis'
import type { RedisClient } from '../redis/connect.ts'
import { withTimeout } from '../with-timeout.ts'
import { FINISHED_CHANNEL } from './keys.ts'
import { SECOND } from '../durations.ts'

/** How often the subscription in a cluster is tried, and how long an answer may take. */
const TRY = { everyMs: 3 * SECOND, silentMs: 5 * SECOND }

/**
 * Subscribes to the ends of jobs and batches of all connections; returns how to stop. `ended` gets their ids,
 * `resubscribed` is called after the connection was down, when messages may have been lost. `subscriber` serves only for
 * this.
 */
export async function subscribeToEnds(
  subscriber: RedisClient,
  heard: { ended: (id: string) => void; resubscribed: () => void; failed: (error: unknown) => void },
): Promise<() => void> {
  const onMessage = (channel: string, id: string) => {
    if (channel === FINISHED_CHANNEL) heard.ended(id)
  }
  const onReady = () => {
    subscriber.subscribe(FINISHED_CHANNEL).then(heard.resubscribed, heard.failed)
  }
  subscriber.on('message', onMessage)
  await subscriber.subscribe(FINISHED_CHANNEL)
  subscriber.on('ready', onReady)
  const tries =
    subscriber instanceof Cluster ? setInterval(() => void trySubscription(subscriber), TRY.everyMs) : undefined
  return () => {
    clearInterval(tries)
    subscriber.off('message', onMessage)
    subscriber.off('ready', onReady)
  }
}

/**
 * Reconnects a cluster whose subscription has gone silent: ioredis gives that connection no time-out, and nothing else is
 * sent on it. To subscribe again changes nothing, and is answered.
 */
async function trySubscription(cluster: Cluster): Promise<void> {
  if (cluster.status !== 'ready') return
  try {
    await withTimeout(TRY.silentMs, cluster.subscribe(FINISHED_CHANNEL))
  } catch {
    if (cluster.status === 'ready') cluster.disconnect(true)
  }
}
