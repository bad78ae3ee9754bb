import { Type, type Static } from '@sinclair/typebox'
import { oneOf } from './schema-forms.ts'

/** What of the accepted jobs outlives a crash of the Redis in use. */
export const Durability = oneOf(['durable', 'up to one second may be lost', 'not durable', 'unknown'], {
  description:
    'What of the accepted jobs outlives a crash of Redis. `unknown`: Redis does not tell, as many managed services do not.',
})
export type Durability = Static<typeof Durability>

const CheckStatus = oneOf(['ok', 'failed', 'unknown'], { description: 'Only `failed` makes the process not ready.' })

/** The reply of `/readyz`. */
export const Readiness = Type.Object(
  {
    Ready: Type.Boolean({ description: 'Whether requests can be accepted now; with 503 it is `false`.' }),
    Checks: Type.Object(
      {
        RedisWrite: Type.Object(
          { Status: CheckStatus },
          {
            description: 'A small write, which a full, read-only or absent Redis does not take.',
            additionalProperties: false,
          },
        ),
        RedisMemory: Type.Object(
          {
            Status: CheckStatus,
            UsedBytes: Type.Optional(Type.Integer({ description: 'What Redis holds now.' })),
            MaxBytes: Type.Optional(
              Type.Unsafe<number | 'unlimited'>({
                type: ['integer', 'string'],
                description: 'Its `maxmemory`, or `unlimited`.',
              }),
            ),
          },
          {
            description: '`failed` with less than 5 % left; on a cluster the node with the least.',
            additionalProperties: false,
          },
        ),
        RedisDurability: Type.Object(
          {
            Level: Durability,
            AppendOnly: Type.String({ description: '`yes`, `no` or `unknown`.' }),
            AppendFsync: Type.String({ description: '`always`, `everysec`, `no` or `unknown`.' }),
            MaxMemoryPolicy: Type.String({ description: 'Anything but `noeviction` can lose accepted jobs.' }),
          },
          { description: 'Told, not judged: it does not make the process not ready.', additionalProperties: false },
        ),
      },
      { additionalProperties: false },
    ),
  },
  { $id: 'Readiness', description: 'Whether this process can do its work.', additionalProperties: false },
)
export type Readiness = Static<typeof Readiness>
