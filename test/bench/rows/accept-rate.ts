import { loadFully } from '../load/load.ts'
import type { Measurement } from '../measurement.ts'
import { sideOf } from '../sides/sides.ts'
import { openStage } from '../stage.ts'

/** Row 1. */
export const acceptRate: Measurement = {
  id: '1',
  name: 'accept-rate',
  title: 'Single accepts per second',
  method:
    'One api process and 64 connections, each sending its next request once the last is answered; a 202 is on disk. ' +
    'Generated encounters of 1.3 KB, then the sample of the seed, 5.4 KB. No worker runs.',
  sides: ['ours', 'bare', 'pg-boss', 'graphile-worker'],
  base: 'bare',
  figures: [
    { key: 'rate', label: 'accepts', unit: '/s', better: 'more', goal: { of: 'ratio', first: 1, second: 1.2 } },
    { key: 'cpu', label: 'api CPU per accept', unit: 'µs', better: 'less' },
    { key: 'storeCpu', label: 'Redis CPU per accept', unit: 'µs', better: 'less' },
    { key: 'loadCpu', label: 'CPU of the load per accept', unit: 'µs' },
    { key: 'p99', label: 'p99 meanwhile', unit: 'ms', better: 'less' },
    { key: 'sampleRate', label: 'accepts of the sample', unit: '/s', better: 'more' },
    { key: 'sampleCpu', label: 'api CPU per accept of the sample', unit: 'µs', better: 'less' },
  ],
  async run(side, bench) {
    await using stage = await openStage(sideOf(side), bench)
    const api = await stage.startApi()
    const generated = await loadFully(stage, [api])
    const sample = await loadFully(stage, [api], { payload: 'sample' })
    return {
      rate: generated.perSecond,
      cpu: generated.apiCpu,
      storeCpu: generated.storeCpu,
      loadCpu: generated.loadCpu,
      p99: generated.p99,
      sampleRate: sample.perSecond,
      sampleCpu: sample.apiCpu,
    }
  },
}
