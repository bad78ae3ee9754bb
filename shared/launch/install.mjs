/**
 * Runs before `npm start`, `npm test` and the like, on whatever Node the machine has: brings `node_modules` to what
 * package-lock.json says, among it the Node that everything after this runs on. Nothing but Node's own modules here,
 * and no TypeScript: neither may be there yet.
 */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { takeTurn } from './install-turn.mjs'
import { mistakeIn } from './package-tree.mjs'

const here = dirname(fileURLToPath(import.meta.url))
const root = join(here, '..', '..')

/** A reason not to go on, as one sentence, and what to exit with. */
class GivenUp extends Error {
  constructor(sentence, exitCode = 1) {
    super(sentence)
    this.exitCode = exitCode
  }
}

async function install() {
  if (Number(process.versions.node.split('.')[0]) < 20) {
    throw new GivenUp(
      `Node 20 or later is needed, and this is ${process.version}: install a newer one from https://nodejs.org.`,
    )
  }
  if (mistakeIn(root) === undefined) return
  const turn = await takeTurn(root, (pid) =>
    console.log(`Process ${pid} is installing packages in this folder; waiting for it.`),
  )
  try {
    // or else somebody has installed them meanwhile
    if (mistakeIn(root) !== undefined) await npmCi(turn)
  } finally {
    turn.end()
  }
}

async function npmCi(turn) {
  console.log('Installing packages with npm ci (half a minute or so).')
  // npm names its own script and the Node it runs on, so that the very npm which was called does the work.
  const npm = process.env.npm_execpath
  const command = npm ? [process.env.npm_node_execpath || process.execPath, npm] : ['npm']
  // loglevel error: the root package asks for a Node that `npm ci` is about to bring, so its warning would mislead.
  const order = [...command, 'ci', '--loglevel=error', '--no-audit', '--no-fund']
  // On a lifeline, since an npm that outlives this process would be at work beside that of the next one.
  const child = spawn('sh', [join(here, 'lifeline.sh'), 'KILL', ...order], {
    cwd: root,
    detached: true,
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  if (child.pid !== undefined) turn.share(child.pid)
  child.stdin.on('error', () => {})
  let said = ''
  child.stdout.setEncoding('utf8').on('data', (chunk) => (said += chunk))
  const [status, signal] = await once(child, 'close').catch((error) => [1, error.message])
  child.stdin.destroy()
  if (status !== 0) {
    process.stdout.write(said)
    const why = signal ? `ended by ${signal}` : `exit code ${status}`
    throw new GivenUp(`npm could not install the packages (${why}); its own message is above.`, status || 1)
  }
  checkBroughtNode()
  const mistake = mistakeIn(root)
  if (mistake) throw new GivenUp(`npm ci said that it was done, but ${mistake}: try again.`)
}

function checkBroughtNode() {
  const { stdout } = spawnSync(join(root, 'node_modules', '.bin', 'node'), ['--version'], { encoding: 'utf8' })
  if ((stdout || '').startsWith('v24.')) return
  throw new GivenUp(
    'npm installed the packages but not Node 24, whose install script did not run: ' +
      'allow it (`npm config delete ignore-scripts`) and try again.',
  )
}

try {
  await install()
} catch (error) {
  if (!(error instanceof GivenUp)) throw error
  console.error(error.message)
  process.exitCode = error.exitCode
}
