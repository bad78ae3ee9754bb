import { defineCommands, scriptsIn } from '../redis/script.ts'
import type { RedisClient } from '../redis/connect.ts'

const scriptOf = scriptsIn(new URL('lua/', import.meta.url), 'eg-hooks-')
const NOW = '../../records/lua/now'

/** The transitions of an application's webhooks; each is one script, described at the top of its file. */
export const webhookScripts = {
  publish: scriptOf<(1 | 0 | -1)[]>()([NOW, 'publish'], {
    keys: ['feed', 'head', 'wake', 'configured'],
    args: {
      endpoint: 'text?',
      keptMs: 'number',
      keptMost: 'number',
      lookMs: 'number',
      lookMost: 'number',
      thorough: 'flag',
    },
    each: {
      messageId: 'text',
      kind: 'text',
      connection: 'text?',
      body: 'text',
      place: 'text?',
      only: 'text?',
      except: 'text?',
    },
  }),

  awake: scriptOf<[endpoints: string[], version: string]>()([NOW, 'awake'], { keys: ['wake', 'endpointsVersion'] }),

  take: scriptOf<[at: number, proven: 0 | 1, taken: TakenRow[]]>()([NOW, 'wanted', 'wake-at', 'take'], {
    keys: ['lane', 'due', 'busy', 'tried', 'wake', 'feed', 'head'],
    args: {
      endpoint: 'text',
      most: 'number',
      leaseMs: 'number',
      lostMs: 'number',
      places: 'number',
      perSecond: 'number?',
      types: 'text',
      connections: 'text',
    },
  }),

  renew: scriptOf<number[]>()([NOW, 'renew'], {
    keys: ['busy'],
    args: { leaseMs: 'number' },
    each: { feedId: 'text', lease: 'number' },
  }),

  settle: scriptOf<[settled: Settled[], at: number, percent: number, disabled: string, since: number]>()(
    [NOW, 'wanted', 'wake-at', 'settle'],
    {
      keys: ['lane', 'due', 'busy', 'tried', 'done', 'dead', 'wake', 'feed', 'head'],
      args: {
        base: 'text',
        endpoint: 'text',
        places: 'number',
        lostMs: 'number',
        keptMs: 'number',
        doneMost: 'number',
        deadMost: 'number',
        inRow: 'number',
        openMs: 'number',
        longestMs: 'number',
        disableMs: 'number',
      },
      each: {
        feedId: 'text',
        id: 'text',
        lease: 'number',
        kind: ['delivered', 'failed', 'gone', 'interrupted'],
        nextInMs: 'number?',
        failure: 'text?',
        try: 'text',
      },
    },
  ),

  openLane: scriptOf<0 | 1>()([NOW, 'open-lane'], { keys: ['lane', 'wake', 'head'], args: { endpoint: 'text' } }),

  disableLane: scriptOf<0 | 1>()([NOW, 'disable-lane'], {
    keys: ['lane', 'wake'],
    args: { endpoint: 'text', reason: 'text' },
  }),

  figures: scriptOf<[endpoint: string, waiting: number, dead: number, state: 0 | 1 | 2 | 3][]>()(
    ['wanted', 'figures'],
    {
      keys: ['endpoints', 'head'],
      args: { base: 'text', configured: 'text', byItsOwner: 'text', byAnOperator: 'text' },
    },
  ),

  resend: scriptOf<'queued' | 'waiting' | 'disabled' | 'unknown'>()([NOW, 'wanted', 'resend'], {
    keys: ['lane', 'due', 'busy', 'tried', 'dead', 'wake', 'feed'],
    args: { endpoint: 'text', feedId: 'text' },
  }),

  recover: scriptOf<[found: number, last: string]>()([NOW, 'wanted', 'recover'], {
    keys: ['lane', 'due', 'busy', 'tried', 'dead', 'wake', 'feed'],
    args: {
      base: 'text',
      endpoint: 'text',
      from: 'text',
      most: 'number',
      types: 'text',
      connections: 'text',
      send: 'flag',
    },
  }),

  putEndpoint: scriptOf<'put' | 'moved' | 'full'>()(['put-endpoint'], {
    keys: ['endpoints', 'endpointsVersion'],
    args: { endpoint: 'text', before: 'bytes', after: 'bytes', most: 'number' },
  }),
}

type TakenRow = [
  feedId: string,
  id: string,
  kind: string,
  connection: string,
  body: string,
  tries: number,
  lease: number,
]

/** What came of a try; see settle.lua. */
export type Settled = 'delivered' | 'retry' | 'dead' | 'interrupted' | 'late'

/** Defines the transitions on a Redis connection. */
export function defineWebhookScripts(redis: RedisClient): void {
  defineCommands(redis, Object.values(webhookScripts))
}
