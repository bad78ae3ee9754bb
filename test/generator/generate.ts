import { once } from 'node:events'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { showBar } from '../torture/progress-bar.ts'
import { encounterAt, profileNames, type Profile } from './encounters.ts'
import { randomFrom } from './random.ts'
import { spoiltLine } from './spoil.ts'

const USAGE = `Usage: npm run -s generate -- --count 1000 [--seed 1] [--profile mixed] [--date 2026-11-28] [--invalid 0.01] > encounters.ndjson
Writes one request body per line: synthetic patients, who belong to nobody. The same options give the same lines.
  --profile   ${profileNames.join(', ')}: which encounters (migration: what another system has finished)
  --date      the day on which they are seen, by default today: planned ones lie after it, finished ones before it
  --invalid   the share of lines that must be refused`

const LINES_A_TURN = 1_000

/** `npm run generate`: NDJSON on standard output, at the pace of its reader. */
async function main(): Promise<number> {
  const values = readOptions()
  if (values === undefined || values.help) {
    ;(values ? console.log : console.error)(USAGE)
    return values ? 0 : 64
  }
  const [count, seed, invalid] = [Number(values.count), Number(values.seed), Number(values.invalid)]
  const profile = values.profile as Profile
  const day = /^\d{4}-\d\d-\d\d$/.test(values.date) ? Date.parse(values.date) : NaN
  const numbers = Number.isInteger(count) && count >= 0 && Number.isInteger(seed) && invalid >= 0 && invalid <= 1
  if (!numbers || !profileNames.includes(profile) || Number.isNaN(day)) {
    console.error(USAGE)
    return 64
  }
  const luck = randomFrom(seed ^ 0x5bd1e995)
  let written = 0
  const endProgress = showProgress(count, () => written)
  for (; written < count; written++) {
    const encounter = encounterAt({ seed, profile, day }, written)
    const line = luck.chance(invalid) ? spoiltLine(encounter, luck) : JSON.stringify(encounter)
    if (!process.stdout.write(`${line}\n`)) await once(process.stdout, 'drain')
    // a file accepts everything at once, and a bar has to be drawn in between
    if (written % LINES_A_TURN === 0) await nextTurn()
  }
  endProgress?.()
  return 0
}

/** The options, or `undefined` if they are not understood. */
function readOptions() {
  const options = {
    count: { type: 'string' },
    seed: { type: 'string', default: '1' },
    profile: { type: 'string', default: 'mixed' },
    date: { type: 'string', default: new Date().toISOString().slice(0, 10) },
    invalid: { type: 'string', default: '0' },
    help: { type: 'boolean', short: 'h', default: false },
  } as const
  try {
    return parseArgs({ options }).values
  } catch {
    return undefined
  }
}

/** Only if a person watches while a file or another program gets the lines. */
function showProgress(count: number, written: () => number): (() => void) | undefined {
  if (!process.stderr.isTTY || process.stdout.isTTY) return undefined
  return showBar(process.stderr, () => ({
    share: count > 0 ? written() / count : 1,
    text: `${written().toLocaleString('en')} of ${count.toLocaleString('en')} lines`,
  }))
}

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // the reader has enough, as `head` does
  if (error.code === 'EPIPE') process.exit(0)
  throw error
})
process.exitCode = await main()
