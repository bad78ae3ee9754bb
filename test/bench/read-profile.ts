import { readFileSync } from 'node:fs'
import { summarizeProfile, type CpuProfile, type SelfTime } from './profile-summary.ts'

const MODULES = 40
const FUNCTIONS = 60

/** `node test/bench/read-profile.ts file.cpuprofile ...`: self time by module and by function. */
for (const path of process.argv.slice(2)) {
  const { busyMs, idleMs, modules, functions } = summarizeProfile(JSON.parse(readFileSync(path, 'utf8')) as CpuProfile)
  console.log(`\n${path}: ${Math.round(busyMs)} ms at work, ${Math.round(idleMs)} ms idle`)
  print('module', modules.slice(0, MODULES))
  print('function', functions.slice(0, FUNCTIONS))
}

function print(heading: string, times: readonly SelfTime[]): void {
  console.log(`\n  share   self ms  ${heading}`)
  for (const { name, ms, share } of times) {
    console.log(`${(share * 100).toFixed(1).padStart(6)} % ${ms.toFixed(0).padStart(8)}  ${name}`)
  }
}
