import { Type, type Static } from '@sinclair/typebox'
import { oneOf } from './schema-forms.ts'

/** Which accepted jobs survive a crash of the Redis in use. */
export const Durability = oneOf(['durable', 'up to one second may be lost', 'not durable', 'unknown'], {
  description:
    'Which accepted jobs survive a crash of Redis. `unknown`: Redis does not report it, as with many managed services.',
})
export type Durability = Static<typeof Durability>

/** What a failover to a replica can lose. Replication is asynchronous, so it may always lose something. */
export const Replication = oneOf(['no replicas', 'bounded', 'unbounded', 'unknown'], {
  description:
    'What a failover can lose. `bounded`: at most what the replicas lag behind, since Redis takes writes only while enough of ' +
    'them keep up (`min-replicas-to-write`). `unbounded`: all that a primary takes after it was cut off. `unknown`: Redis does not report it.',
})
export type Replication = Static<typeof Replication>

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
        RedisReplication: Type.Object(
          {
            Level: Replication,
            Replicas: Type.Optional(Type.Integer({ description: 'Replicas that are connected.' })),
            LagSeconds: Type.Optional(
              Type.Integer({ description: 'Seconds since the slowest of them reported back.' }),
            ),
            MinReplicasToWrite: Type.Optional(Type.Integer({ description: 'Its `min-replicas-to-write`.' })),
          },
          { description: 'For information; in a cluster, of the weakest primary.', additionalProperties: false },
        ),
      },
      { additionalProperties: false },
    ),
  },
  { $id: 'Readiness', description: 'Whether this process can do its work.', additionalProperties: false },
)
export type Readiness = Static<typeof Readiness>
