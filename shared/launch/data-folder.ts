import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { LaunchError } from './launch-error.ts'

/**
 * Creates the data folder of a gateway started with `npm start`, and locks it for this process. Throws a `LaunchError`
 * if another launcher uses it. `release` unlocks it.
 */
export function takeDataFolder(dir: string): { folder: string; release: () => void } {
  const folder = resolve(dir)
  const lock = join(folder, 'launcher.pid')
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    takeLock(lock, folder)
  } catch (error) {
    if (error instanceof LaunchError) throw error
    const { code } = error as { code?: unknown }
    throw new LaunchError(`Data cannot be kept in ${folder} (${String(code)}): use a folder which you may write to.`)
  }
  return { folder, release: () => rmSync(lock, { force: true }) }
}

function takeLock(lock: string, folder: string): void {
  for (;;) {
    try {
      writeFileSync(lock, `${process.pid}\n`, { flag: 'wx' })
      return
    } catch (error) {
      if ((error as { code?: unknown }).code !== 'EEXIST') throw error
    }
    const holder = readHolder(lock)
    if (holder !== undefined && isLauncher(holder)) {
      throw new LaunchError(
        `A gateway is running in ${folder} already (process ${holder}): stop that one first, ` +
          'or give this one another folder with DATA_DIR=<folder> npm start.',
      )
    }
    rmSync(lock, { force: true })
  }
}

function readHolder(lock: string): number | undefined {
  try {
    return Number(readFileSync(lock, 'utf8')) || undefined
  } catch {
    return undefined
  }
}

/** Whether the process exists and, as far as the system reports it (Linux), is not another program with a reused id. */
function isLauncher(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'EPERM') return false
  }
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('launch/start.ts')
  } catch {
    return true
  }
}
