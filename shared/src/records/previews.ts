import { randomUUID } from 'node:crypto'
import type { PatientEncounter } from '../contract/patient-encounter.ts'
import type { Preview } from '../contract/preview.ts'
import type { RedisClient } from '../redis/connect.ts'
import { open, seal, type SealBinding, type SealingKeys } from '../sealing/seal.ts'
import { PREVIEWS_CHANNEL, previewedChannel } from './keys.ts'

/** An encounter to be rendered by a worker, for an application that may use this connection. */
export type PreviewAsked = {
  emrSystem: string
  emrInstance: string
  application: string
  encounter: PatientEncounter
}

/** The preview, or why the connection would refuse the encounter before it sends anything. */
export type PreviewAnswer =
  | { kind: 'rendered'; preview: Pick<Preview, 'Messages' | 'NotCarried'> }
  | { kind: 'refused'; because: string; pointers: string[] }

type Envelope = { id: string; to: string; application: string; sealed: string }

const bindingOf = (kind: SealBinding['kind'], { id, application }: Pick<Envelope, 'id' | 'application'>) => ({
  kind,
  application,
  jobId: `preview-${id}`,
})

/** How the api asks for previews. */
export type Previews = {
  /** The first answer of a worker; `undefined` if none answers within `timeoutMs`. Rejects if Redis is out of reach. */
  ask(asked: PreviewAsked, timeoutMs: number): Promise<PreviewAnswer | undefined>
  close(): void
}

/**
 * Asks the workers for previews over Redis' channels: nothing is stored, and what is said is sealed. `subscriber` must
 * be a connection that only subscribes.
 */
export async function openPreviews(
  redis: RedisClient,
  subscriber: RedisClient,
  sealingKeys: SealingKeys,
): Promise<Previews> {
  const channel = previewedChannel(randomUUID())
  const waiting = new Map<string, { application: string; resolve: (answer: PreviewAnswer | undefined) => void }>()
  const onMessage = (from: string, text: string) => {
    if (from !== channel) return
    const { id, sealed } = JSON.parse(text) as Pick<Envelope, 'id' | 'sealed'>
    const one = waiting.get(id)
    if (one) one.resolve(opened<PreviewAnswer>(sealingKeys, sealed, bindingOf('result', { id, ...one })))
  }
  subscriber.on('message', onMessage)
  await subscriber.subscribe(channel)
  return {
    async ask(asked, timeoutMs) {
      const id = randomUUID()
      const { application } = asked
      const { promise, resolve } = Promise.withResolvers<PreviewAnswer | undefined>()
      waiting.set(id, { application, resolve })
      const timer = setTimeout(resolve, timeoutMs, undefined)
      try {
        const sealed = closed(sealingKeys, asked, bindingOf('payload', { id, application }))
        await redis.publish(PREVIEWS_CHANNEL, JSON.stringify({ id, to: channel, application, sealed }))
        return await promise
      } finally {
        clearTimeout(timer)
        waiting.delete(id)
      }
    },
    close() {
      subscriber.off('message', onMessage)
      for (const { resolve } of waiting.values()) resolve(undefined)
    },
  }
}

/**
 * Answers with what `render` returns; with nothing if that is `undefined`. What cannot be opened or rendered goes to
 * `failed`. Returns how to stop.
 */
export async function answerPreviews(
  redis: RedisClient,
  subscriber: RedisClient,
  about: {
    sealingKeys: SealingKeys
    render: (asked: PreviewAsked) => PreviewAnswer | undefined
    failed: (error: unknown) => void
  },
): Promise<() => void> {
  const { sealingKeys, render, failed } = about
  const answer = async (text: string) => {
    const { id, to, application, sealed } = JSON.parse(text) as Envelope
    const asked = opened<PreviewAsked>(sealingKeys, sealed, bindingOf('payload', { id, application }))
    const said = render(asked)
    if (!said) return
    await redis.publish(
      to,
      JSON.stringify({ id, sealed: closed(sealingKeys, said, bindingOf('result', { id, application })) }),
    )
  }
  const onMessage = (from: string, text: string) => {
    if (from === PREVIEWS_CHANNEL) answer(text).catch(failed)
  }
  subscriber.on('message', onMessage)
  await subscriber.subscribe(PREVIEWS_CHANNEL)
  return () => subscriber.off('message', onMessage)
}

function closed(keys: SealingKeys, value: unknown, binding: SealBinding): string {
  return seal(keys, Buffer.from(JSON.stringify(value)), binding).toString('base64')
}

function opened<Value>(keys: SealingKeys, sealed: string, binding: SealBinding): Value {
  return JSON.parse(open(keys, Buffer.from(sealed, 'base64'), binding).toString()) as Value
}
