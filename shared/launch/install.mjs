/**
 * Runs before `npm start`, `npm test` and the like, on whatever Node the machine has: brings `node_modules` to what
 * package-lock.json says, among it the Node that everything after this runs on. Nothing but Node's own modules here,
 * and no TypeScript: neither may be there yet.
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..')
const markerPath = join(root, 'node_modules', '.installed')

/** Prints one sentence and ends with `exitCode`. */
function giveUp(sentence, exitCode) {
  console.error(sentence)
  process.exit(exitCode)
}

/** What an installation must have been made from to still be the right one: the lock file, and this kind of machine. */
function wanted() {
  const lock = readFileSync(join(root, 'package-lock.json'))
  return createHash('sha256').update(`${process.platform} ${process.arch} `).update(lock).digest('hex')
}

function installed() {
  try {
    return readFileSync(markerPath, 'utf8').trim()
  } catch {
    return undefined
  }
}

function npmCi() {
  // npm names its own script and the Node it runs on, so that the very npm which was called does the work.
  const npm = process.env.npm_execpath
  const [command, first] = npm ? [process.env.npm_node_execpath || process.execPath, [npm]] : ['npm', []]
  // loglevel error: the root package asks for a Node that `npm ci` is about to bring, so its warning would mislead.
  return spawnSync(command, [...first, 'ci', '--loglevel=error', '--no-audit', '--no-fund'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
  })
}

function checkBroughtNode() {
  const { stdout } = spawnSync(join(root, 'node_modules', '.bin', 'node'), ['--version'], { encoding: 'utf8' })
  if ((stdout || '').startsWith('v24.')) return
  giveUp(
    'npm installed the packages but not Node 24, whose install script did not run: ' +
      'allow it (`npm config delete ignore-scripts`) and try again.',
    1,
  )
}

if (Number(process.versions.node.split('.')[0]) < 20) {
  giveUp(`Node 20 or later is needed, and this is ${process.version}: install a newer one from https://nodejs.org.`, 1)
}

if (installed() !== wanted()) {
  console.log('Installing packages with npm ci (half a minute or so).')
  const { status, signal, stdout, error } = npmCi()
  if (status !== 0) {
    process.stdout.write(stdout || '')
    const why = error ? error.message : signal ? `ended by ${signal}` : `exit code ${status}`
    giveUp(`npm could not install the packages (${why}); its own message is above.`, status || 1)
  }
  checkBroughtNode()
  writeFileSync(markerPath, `${wanted()}\n`)
}
