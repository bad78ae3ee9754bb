import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A clock that one process sees instead of the machine's. */
export type ShiftedClock = {
  /** The environment that the process must be started with. */
  environment: Record<string, string>
  /** Seconds ahead, or behind if negative; the running process sees it within a second. */
  shift(seconds: number): void
}

/** By libfaketime, from `apt-get install faketime`; returns the reason if it is missing. Timers keep their pace. */
export function openShiftedClock(workFolder: string): ShiftedClock | string {
  const library = findLibrary()
  if (!library) return 'libfaketime is not installed'
  const file = join(workFolder, 'clock')
  const shift = (seconds: number) => writeFileSync(file, `${seconds < 0 ? '' : '+'}${seconds}s\n`)
  shift(0)
  return {
    environment: {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_CACHE_DURATION: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      DONT_FAKE_MONOTONIC: '1',
    },
    shift,
  }
}

function findLibrary(): string | undefined {
  const folders = existsSync('/usr/lib') ? ['', ...readdirSync('/usr/lib')].map((name) => join('/usr/lib', name)) : []
  return folders.map((folder) => join(folder, 'faketime', 'libfaketimeMT.so.1')).find((path) => existsSync(path))
}
