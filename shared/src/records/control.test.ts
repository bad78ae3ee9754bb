import { expect, test } from 'vitest'
import { openControl } from './control.ts'
import { openStore } from './store-under-test.ts'

const order = (more: object = {}) => ({ by: 'ops', reason: 'maintenance', at: Date.now(), ...more })

test('orders stay until they are taken back, and end by themselves where they say when', async () => {
  await using store = await openStore()
  const control = openControl(store.redis, { emrSystem: 'Sandbox', emrInstance: store.emrInstance })
  expect(await control.read()).toEqual({})
  await control.write({
    paused: order({ until: Date.now() + 60_000 }),
    draining: order(),
    limits: order({ concurrency: 3 }),
  })
  expect(await control.read()).toMatchObject({ paused: { by: 'ops' }, draining: {}, limits: { concurrency: 3 } })
  await control.write({ paused: order({ until: Date.now() - 1 }), draining: undefined })
  const read = await control.read()
  expect(read).toMatchObject({ resumed: { by: 'ops' }, limits: { concurrency: 3 } })
  expect(Object.keys(read).sort()).toEqual(['limits', 'resumed'])
})
