import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { hashPassword } from './password.ts'

/**
 * Prints the `passwordHash` of a password that is typed (without echo) or piped in: `node
 * api/src/operators/hash-password.ts`.
 */
const unseen = new Writable({ write: (_chunk, _encoding, done) => done() })
const input = createInterface({ input: process.stdin, output: unseen, terminal: process.stdin.isTTY })
process.stderr.write('Password: ')
for await (const password of input) {
  if (password === '') break
  process.stderr.write('\n')
  process.stdout.write(`${await hashPassword(password)}\n`)
  input.close()
  process.exit(0)
}
process.stderr.write('No password was given.\n')
process.exit(1)
