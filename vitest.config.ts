import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'
import { paced } from './test/fixtures/pace.ts'

const SECONDS = 1000

export default defineConfig({
  test: {
    include: ['{api,shared,test,worker}/**/*.test.ts'],
    // Some tests start whole gateways and kill them: slow on a small machine is not wrong.
    testTimeout: paced(120 * SECONDS),
    hookTimeout: paced(120 * SECONDS),
    teardownTimeout: paced(60 * SECONDS),
    expect: { poll: { timeout: paced(10 * SECONDS) } },
    pool: 'forks',
    // A process for each file costs half a second of CPU and the load of its modules: a third of the whole run.
    isolate: false,
    // Half of the time of a test is waiting. Each brings servers of its own: many more at once only wait for each other.
    maxWorkers: Math.min(3, availableParallelism() + 1),
  },
})
