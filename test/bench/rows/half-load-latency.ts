import { loadAtPace, loadFully } from '../load/load.ts'
import type { Measurement } from '../measurement.ts'
import { sideOf } from '../sides/sides.ts'
import { openStage } from '../stage.ts'

/** Row 7. */
export const halfLoadLatency: Measurement = {
  id: '7',
  name: 'half-load-latency',
  title: 'Time to accept at half of the highest rate',
  method:
    'The highest rate is measured as in row 1; then requests are sent at half of it, each timed from when it was due. ' +
    'No worker runs.',
  sides: ['ours', 'bare'],
  base: 'bare',
  figures: [
    { key: 'p50', label: 'p50', unit: 'ms', better: 'less' },
    { key: 'p99', label: 'p99', unit: 'ms', better: 'less', goal: { of: 'ratio', first: 1.5 } },
    { key: 'p999', label: 'p99.9', unit: 'ms', better: 'less' },
    { key: 'pace', label: 'pace', unit: '/s' },
  ],
  async run(side, bench) {
    await using stage = await openStage(sideOf(side), bench)
    const api = await stage.startApi()
    const highest = await loadFully(stage, [api], { seconds: Math.min(bench.seconds, 3) })
    const pace = Math.round(highest.perSecond / 2)
    const { p50, p99, p999 } = await loadAtPace(stage, api, pace)
    return { p50, p99, p999, pace }
  },
}
