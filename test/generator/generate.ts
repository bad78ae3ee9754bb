import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { encounterAt } from './encounters.ts'
import { randomFrom } from './random.ts'
import { spoiltLine } from './spoil.ts'

const USAGE = `Usage: npm run -s generate -- --count 1000 [--seed 1] [--invalid 0.01] > encounters.ndjson
Writes one request body per line. The same seed gives the same lines. --invalid: the share of lines that must be refused.`

/** `npm run generate`: NDJSON on standard output, at the pace of whoever reads it. */
async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      count: { type: 'string' },
      seed: { type: 'string', default: '1' },
      invalid: { type: 'string', default: '0' },
    },
  })
  const [count, seed, invalid] = [Number(values.count), Number(values.seed), Number(values.invalid)]
  if (!Number.isInteger(count) || count < 0 || !Number.isInteger(seed) || !(invalid >= 0 && invalid <= 1)) {
    console.error(USAGE)
    return 64
  }
  const luck = randomFrom(seed ^ 0x5bd1e995)
  for (let index = 0; index < count; index++) {
    const encounter = encounterAt(seed, index)
    const line = luck.chance(invalid) ? spoiltLine(encounter, luck) : JSON.stringify(encounter)
    if (!process.stdout.write(`${line}\n`)) await once(process.stdout, 'drain')
  }
  return 0
}

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // whoever read has enough, as `head` does
  if (error.code === 'EPIPE') process.exit(0)
  throw error
})
process.exitCode = await main()
