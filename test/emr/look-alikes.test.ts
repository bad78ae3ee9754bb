import { expect, test } from 'vitest'
import { openGateway } from '../fixtures/gateway.ts'
import { openAthena } from './athena.ts'
import { openUnity } from './unity.ts'

test.each([
  { emrSystem: 'Athena', connector: 'athena', open: openAthena, settings: { keyInNote: false, adoptUnmarked: true } },
  { emrSystem: 'Athena', connector: 'athena', open: openAthena, settings: { adoptUnmarked: true } },
  { emrSystem: 'Allscripts', connector: 'unity', open: openUnity, settings: { adoptUnmarked: true } },
])(
  'each of ten orders by $connector that look alike has an encounter of its own, although one answer was lost',
  async ({ open, ...about }) => {
    await using emr = await open()
    await using gateway = await openGateway({
      ...about,
      settings: { ...about.settings, concurrency: 10, timeoutMs: 5_000 },
      emr,
    })
    emr.misbehave({ how: 'drop after commit', times: 1 })
    const jobs = (await Promise.all(Array.from({ length: 10 }, () => gateway.submit()))).map(({ job }) => job)
    const ended = await Promise.all(jobs.map((job) => gateway.ended(job)))
    expect(ended.map(({ status }) => status)).toEqual(jobs.map(() => 'Succeeded'))
    const given = ended.map(({ result }) => result.EncounterId)
    expect(new Set(given)).toEqual(new Set(emr.encounters().map(({ encounterId }) => encounterId)))
    expect(new Set(given).size).toBe(10)
  },
)
