import { parseCLI, startVitest, type Vitest } from 'vitest/node'

/**
 * Runs vitest once, with its own filters and options as arguments, and ends with a plain line of counts that a program
 * can read. Exits with 1 if anything failed, and if no test ran.
 */
const { filter, options } = parseCLI(['vitest', 'run', ...process.argv.slice(2)])
const vitest = await startVitest('test', filter, options)
const { passed, failed, skipped } = countTests(vitest)
await vitest.close()
if (passed + failed === 0) console.log('No test ran.')
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`)
process.exit(passed > 0 && failed === 0 && !process.exitCode ? 0 : 1)

/** A file that does not load, a hook that fails and an error outside any test count as a failed test each. */
function countTests({ state }: Vitest): { passed: number; failed: number; skipped: number } {
  const count = { passed: 0, failed: state.getUnhandledErrors().length, skipped: 0 }
  for (const file of state.getTestModules()) {
    const results = [...file.children.allTests()].map((test) => test.result().state)
    for (const result of results) if (result !== 'pending') count[result]++
    if (!file.ok() && !results.includes('failed')) count.failed++
  }
  return count
}
