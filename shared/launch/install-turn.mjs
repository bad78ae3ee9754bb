/**
 * One installation at a time in one folder. Whoever wants to install puts a file of its own into `.installing/` and goes on
 * only if no other living process has one there; else it takes its own back and waits. Both of two that come at once may
 * step back, but never do both go on. A file is named by its process, and removed by others only when that one has ended:
 * what a killed process left holds nobody up, also when its id belongs to another by now.
 */
import { mkdirSync, readFileSync, readdirSync, rmSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

const AGAIN_MS = 200

/**
 * Waits until nobody else installs in `root`. `waiting` is called once, with a process id, if somebody does. `share` makes
 * the turn last as long as another process, too; `end` ends it.
 */
export async function takeTurn(root, waiting) {
  const folder = join(root, '.installing')
  const claimed = []
  const claim = (pid) => {
    const name = nameOf(pid)
    if (name === undefined) return
    claimed.push(name)
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, name), '')
  }
  const end = () => {
    for (const name of claimed.splice(0)) rmSync(join(folder, name), { force: true })
    try {
      rmdirSync(folder)
    } catch {
      // Somebody else is in it, or has removed it.
    }
  }
  for (let told = false; ; told = true) {
    try {
      claim(process.pid)
      const [other] = othersIn(folder, claimed)
      if (other === undefined) return { share: claim, end }
      if (!told) waiting(Number.parseInt(other, 10))
    } catch (error) {
      // Removed between the two, by one that ended its turn.
      if (error.code !== 'ENOENT') throw error
    }
    end()
    await delay(AGAIN_MS * (0.5 + Math.random()))
  }
}

/** The files of the other processes that live; those of the dead are removed. */
function othersIn(folder, own) {
  return readdirSync(folder).filter((name) => {
    if (own.includes(name)) return false
    const living = nameOf(Number.parseInt(name, 10))
    if (living === name || living?.endsWith('.0')) return true
    rmSync(join(folder, name), { force: true })
    return false
  })
}

/** A process as no other is ever called, `<id>.<when it started>`, or `<id>.0` if that is hidden; `undefined` if it has ended. */
function nameOf(pid) {
  try {
    // proc(5): the third field is the state, the 22nd the start in ticks since boot.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1).split(' ')
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : `${pid}.${fields[19]}`
  } catch {
    return isThere(pid) ? `${pid}.0` : undefined
  }
}

/** Where there is no /proc, as on macOS, or none of another user's processes. */
function isThere(pid) {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return error.code === 'EPERM'
  }
}
