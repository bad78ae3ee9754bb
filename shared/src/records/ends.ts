import type { RedisClient } from '../redis/connect.ts'
import { FINISHED_CHANNEL } from './keys.ts'

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
  return () => {
    subscriber.off('message', onMessage)
    subscriber.off('ready', onReady)
  }
}
