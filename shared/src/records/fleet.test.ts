import { expect, test } from 'vitest'
import { beat, leaveFleet, readFleet, type Process } from './fleet.ts'
import { openStore } from './store-under-test.ts'
import { FLEET_KEY } from './keys.ts'

test('a process is alive while it gives signs of life, and forgotten an hour after the last', async () => {
  await using store = await openStore()
  const { redis, emrInstance } = store
  const named = (Id: string): Process => ({
    Id: `${emrInstance}-${Id}`,
    Kind: 'worker',
    Host: 'here',
    Pid: 1,
    Version: '0.1.0',
    Configuration: 'abc',
    StartedAt: new Date().toISOString(),
  })
  const mine = async () => (await readFleet(redis)).filter(({ Id }) => Id.startsWith(emrInstance))
  const age = (Id: string, ms: number) =>
    redis.hset(FLEET_KEY, `${emrInstance}-${Id}`, JSON.stringify({ ...named(Id), SeenAt: new Date(Date.now() - ms) }))
  await beat(redis, named('new'))
  await age('late', 20_000)
  await age('gone', 3_700_000)
  await beat(redis, named('new'))
  const alive = (await mine()).map(({ Id, Alive }) => [Id.slice(emrInstance.length + 1), Alive])
  expect(Object.fromEntries(alive)).toEqual({ new: true, late: false })
  for (const { Id } of await mine()) await leaveFleet(redis, Id)
  expect(await mine()).toEqual([])
})
