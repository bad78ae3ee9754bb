import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { writeBodies } from './bodies.ts'
import { summarizeProfile, type CpuProfile } from './profile-summary.ts'
import { writeReport } from './report.ts'
import { drainRate } from './rows/drain-rate.ts'
import { runRows } from './run-rows.ts'

const SECOND = 1000

test(
  'a tiny run of one row gives figures of both sides, profiles, a page and charts',
  { timeout: 120 * SECOND },
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'gateway-bench-test-'))
    try {
      const settings = { seconds: 0.2, connections: 8, profile: true, full: false }
      const bench = { ...settings, folder, bodies: writeBodies(folder) }
      const told: string[] = []
      const progress = { at: () => undefined, say: (line: string) => told.push(line), end: () => undefined }
      const rows = [{ ...drainRate, sides: ['ours', 'bare'] }]
      const results = await runRows(rows, { bench, rounds: 1, progress, stop: new AbortController().signal })
      const about = { machine: 'this one', commit: '', startedAt: '2026-01-01', rounds: 1, seconds: 1, connections: 8 }
      await writeReport(folder, about, results, false)

      const rates = ['ours', 'bare'].map((side) => results[0]?.bySide.get(side)?.[0]?.['rate'] ?? 0)
      // the output shows what went wrong
      expect(rates.every((rate) => rate > 0) ? [] : told).toEqual([])
      const files = readdirSync(folder)
      const profiles = files.filter((name) => name.endsWith('.cpuprofile'))
      expect(profiles).toHaveLength(2)
      for (const name of profiles) {
        const profile = JSON.parse(readFileSync(join(folder, name), 'utf8')) as CpuProfile
        expect(summarizeProfile(profile).modules.map((module) => module.name)).toContain('bullmq')
      }
      expect(files).toEqual(expect.arrayContaining(['results.json', 'bench-ratios.svg', 'bench-accepts.svg']))
      expect(readFileSync(join(folder, 'benchmarks.md'), 'utf8')).toContain('| encounters, /s | ours |')
    } finally {
      rmSync(folder, { recursive: true })
    }
  },
)
