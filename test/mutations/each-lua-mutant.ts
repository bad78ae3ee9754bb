import { scripts } from '@encounter-gateway/shared/records/scripts.ts'
import { connectRedis, untilReady } from '@encounter-gateway/shared/redis/connect.ts'
import { appendFileSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, beforeEach, describe } from 'vitest'

/**
 * Runs the store's suite once for each changed Lua script, in one process: starting vitest anew takes longer than the
 * tests. Works only in a copy of the checkout, as a test file there; working-copy.ts puts it in place.
 */
const { original, mutants, tests, results } = JSON.parse(readFileSync(process.env['MUTANTS'] ?? '', 'utf8')) as LuaRun

/**
 * A script, its changed forms, the test files of the store, and where to record each mutant's number: begun, then
 * `noticed` or `survived`.
 */
export type LuaRun = { original: string; mutants: string[]; tests: string[]; results: string }

const redis = connectRedis(process.env['REDIS_URL'] ?? '', 'producer')
await untilReady(redis)
afterAll(() => redis.disconnect())

const assembled: { lua: string }[] = Object.values(scripts)

for (const [number, mutant] of mutants.entries()) {
  describe(`mutant ${number}`, async () => {
    const unchanged = assembled.map(({ lua }) => lua)
    let noticed = false
    beforeAll(async () => {
      // an endless script makes Redis refuse everything that follows, until it is restarted
      await redis.ping().catch(() => process.kill(process.pid, 'SIGKILL'))
      appendFileSync(results, `${number} begun\n`)
      for (const script of assembled) script.lua = script.lua.replace(original, () => mutant)
    })
    beforeEach(({ skip, onTestFailed }) => {
      // one is enough
      if (noticed) skip()
      onTestFailed(() => {
        noticed = true
      })
    })
    afterAll(() => {
      for (const [at, script] of assembled.entries()) script.lua = unchanged[at] ?? ''
      appendFileSync(results, `${number} ${noticed ? 'noticed' : 'survived'}\n`)
    })
    for (const file of tests) await import(`../../${file}?mutant=${number}`)
  })
}
