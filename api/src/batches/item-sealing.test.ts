import { sealedPartOf } from '@encounter-gateway/shared/records/item-payload.ts'
import { itemJobId } from '@encounter-gateway/shared/records/item-records.ts'
import { open, sealingKey, type SealingKeys } from '@encounter-gateway/shared/sealing/seal.ts'
import { fastify } from 'fastify'
import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { itemSealing } from './item-sealing.ts'

test('items come back sealed for their jobs, also after one lot that could not be sealed', async () => {
  const sealingKeys: SealingKeys = [sealingKey('k1', randomBytes(32))]
  const connection = { emrSystem: 'Sandbox', emrInstance: 'default' }
  const batch = { batchId: 'b', application: 'demo', keyId: 'k1+print' }
  const items = ['one', 'two', 'bad'].map((text) => ({
    state: text === 'bad' ? ('r' as const) : ('q' as const),
    bytes: Buffer.from(text),
    plain: Buffer.from(`{"${text}":1}`),
  }))
  const app = fastify()
  await app.register(itemSealing, { sealingKeys })

  await expect(app.sealItems(connection, { ...batch, keyId: 'gone' }, 0, items)).rejects.toThrow("sealing key 'gone'")
  const records = await app.sealItems(connection, batch, 7, items)
  await app.close()

  const jobIds = [7, 8].map((index, at) =>
    itemJobId({ connection, sealingKeys }, batch, index, records[at]?.print.toString('hex') ?? ''),
  )
  expect(records.map(({ jobId }) => jobId)).toEqual([...jobIds, ''])
  const opened = records
    .slice(0, 2)
    .map(({ sealed, jobId }) =>
      open(sealingKeys, sealedPartOf(sealed), { kind: 'payload', application: 'demo', jobId }).toString(),
    )
  expect(opened).toEqual(['{"one":1}', '{"two":1}'])
  expect(records.map(({ print }) => print.length)).toEqual([8, 8, 8])
})
