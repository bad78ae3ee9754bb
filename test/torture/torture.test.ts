import { rmSync } from 'node:fs'
import { expect, test } from 'vitest'
import { paced, PATIENCE } from '../fixtures/pace.ts'
import { report } from './report.ts'
import { runTorture } from './run-torture.ts'
import { nemesisKinds } from './schedule.ts'

/** The short form of `npm run torture`: every kind of harm once, in less than a minute. */
test(
  'whatever is killed, held up, filled or cut off, nothing is lost and nothing is made twice',
  async () => {
    const before = held()
    const result = await runTorture({ encounters: 500, seed: 42, minutes: 0.9, drainMinutes: paced(1.5) })
    console.log(report(result))
    const met = result.history.flatMap((event) => (event.what === 'nemesis' ? [event.kind] : []))
    expect(new Set(met)).toEqual(new Set(nemesisKinds()))
    expect(result.findings).toEqual([])
    expect(result.drainedAfterMs).toBeDefined()
    rmSync(result.folder, { recursive: true })
    const more = () => held().filter((each, _, all) => count(all, each) > count(before, each))
    // a connection kept alive by fetch ends after its time
    await expect.poll(more, PATIENCE).toEqual([])
  },
  paced(240_000),
)

/** What a run holds while it goes on: processes, sockets, pipes. */
function held(): string[] {
  return process.getActiveResourcesInfo().filter((name) => name.endsWith('Wrap'))
}

function count(names: readonly string[], name: string): number {
  return names.filter((each) => each === name).length
}
