import type { Connection } from '@encounter-gateway/shared/config/schema.ts'
import { nameOf } from '@encounter-gateway/shared/contract/connection-name.ts'
import { PREVIEW_JOB_ID } from '@encounter-gateway/shared/contract/preview.ts'
import { answerPreviews, type PreviewAnswer, type PreviewAsked } from '@encounter-gateway/shared/records/previews.ts'
import type { RedisClient } from '@encounter-gateway/shared/redis/connect.ts'
import type { SealingKeys } from '@encounter-gateway/shared/sealing/seal.ts'
import type { Logger } from 'pino'
import type { Emr } from './emr/emr.ts'
import { EmrError } from './emr/emr-error.ts'

/** Renders encounters for the api's dry runs, with the connectors that send them. Returns how to stop. */
export function startPreviews(about: {
  redis: RedisClient
  /** Only for this: role `consumer`. */
  subscriber: RedisClient
  sealingKeys: SealingKeys
  emrs: readonly { connection: Connection; emr: Pick<Emr, 'render'> }[]
  log: Logger
}): Promise<() => void> {
  const { redis, subscriber, sealingKeys, log } = about
  const emrs = new Map(about.emrs.map(({ connection, emr }) => [nameOf(connection), emr]))
  return answerPreviews(redis, subscriber, {
    sealingKeys,
    render: (asked) => {
      const emr = emrs.get(nameOf(asked))
      return emr && rendered(emr, asked)
    },
    failed: (err) => log.error({ err }, 'preview.failed'),
  })
}

function rendered(emr: Pick<Emr, 'render'>, { encounter }: PreviewAsked): PreviewAnswer {
  try {
    const { messages, notCarried } = emr.render({ correlationKey: PREVIEW_JOB_ID, encounter })
    return { kind: 'rendered', preview: { Messages: messages, NotCarried: notCarried } }
  } catch (error) {
    if (!(error instanceof EmrError) || error.code !== 400) throw error
    return { kind: 'refused', because: error.message, pointers: error.pointers }
  }
}
