import { Type, type Static } from '@sinclair/typebox'
import { oneOf } from './schema-forms.ts'

/** Which accepted jobs survive a crash of the Redis in use. */
export const Durability = oneOf(['durable', 'up to one second may be lost', 'not durable', 'unknown'], {
  description:
    'Which accepted jobs survive a crash of Redis. `unknown`: Redis does not report it, as with many managed services.',
})
export type Durability = Static<typeof Durability>

const CheckStatus = oneOf(['ok', 'failed', 'unknown'], { description: 'Only `failed` makes the process unready.' })

/** The reply of `/readyz`. */
export const Readiness = Type.Object(
  {
    Ready: Type.Boolean({ description: 'Whether requests can be accepted now; `false` with 503.' }),
    Checks: Type.Object(
      {
        RedisWrite: Type.Object(
          { Status: CheckStatus },
          {
            description: 'A small test write, which fails if Redis is full, read-only or unreachable.',
            additionalProperties: false,
          },
        ),
        RedisMemory: Type.Object(
          {
            Status: CheckStatus,
            UsedBytes: Type.Optional(Type.Integer({ description: 'Memory in use by Redis.' })),
            MaxBytes: Type.Optional(
              Type.Unsafe<number | 'unlimited'>({
                type: ['integer', 'string'],
                description: 'Its `maxmemory`, or `unlimited`.',
              }),
            ),
          },
          {
            description: '`failed` with less than 5 % free; in a cluster, on the fullest node.',
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
          { description: 'For information: it never makes the process unready.', additionalProperties: false },
        ),
      },
      { additionalProperties: false },
    ),
  },
  { $id: 'Readiness', description: 'Whether this process can do its work.', additionalProperties: false },
)
export type Readiness = Static<typeof Readiness>
