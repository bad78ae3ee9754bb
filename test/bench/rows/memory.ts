import { loadFully } from '../load/load.ts'
import type { Measurement } from '../measurement.ts'
import { sideOf } from '../sides/sides.ts'
import { openStage } from '../stage.ts'

const MB = 1024 * 1024
const LOOK_EVERY_MS = 200

/** Row 8. */
export const memory: Measurement = {
  id: '8',
  name: 'memory',
  title: 'Memory under full load',
  method:
    'The highest resident memory of api and worker while requests come in as fast as they are answered and one worker sends them on ' +
    'to the Sandbox EMR.',
  sides: ['ours', 'bare'],
  base: 'bare',
  figures: [
    { key: 'api', label: 'api', unit: 'MB', better: 'less', goal: { of: 'ratio', first: 1.3 } },
    { key: 'worker', label: 'worker', unit: 'MB', better: 'less', goal: { of: 'ratio', first: 1.3 } },
    { key: 'rate', label: 'accepts meanwhile', unit: '/s' },
  ],
  async run(side, bench) {
    await using stage = await openStage(sideOf(side), bench)
    await stage.startEmr()
    const [api, worker] = await Promise.all([stage.startApi(), stage.startWorker()])
    const highest = { api: 0, worker: 0 }
    const timer = setInterval(() => {
      highest.api = Math.max(highest.api, api.residentBytes() / MB)
      highest.worker = Math.max(highest.worker, worker.residentBytes() / MB)
    }, LOOK_EVERY_MS)
    try {
      const { perSecond } = await loadFully(stage, [api])
      return { ...highest, rate: perSecond }
    } finally {
      clearInterval(timer)
    }
  },
}
