import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const rules = readFileSync(`${root}docs/alerts.yml`, 'utf8')
const promtool = ['/usr/bin/promtool', '/usr/local/bin/promtool'].find((path) => existsSync(path))

test('every alert has a runbook', () => {
  const runbooks = [...rules.matchAll(/runbook: (\S+)/g)].map(([, path = '']) => path)
  expect(runbooks).toHaveLength(rules.match(/- alert:/g)?.length ?? 0)
  expect(runbooks.filter((path) => !existsSync(root + path))).toEqual([])
})

describe.skipIf(!promtool)('by promtool (apt-get install prometheus)', () => {
  test('alerts fire when they should, once per connection, and not at the probes of a breaker', () => {
    const { stdout, stderr, status } = spawnSync(promtool ?? '', ['test', 'rules', 'docs/alerts.test.yml'], {
      cwd: root,
    })
    expect({ status, output: status === 0 ? '' : `${stdout.toString()}${stderr.toString()}` }).toEqual({
      status: 0,
      output: '',
    })
  })
})
