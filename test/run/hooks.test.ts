import { globSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

test('no hook closes what may not have been opened: its error would hide the cause', () => {
  const careless = globSync('test/**/*.ts').flatMap((file) => {
    const hooks = readFileSync(file, 'utf8').matchAll(/^( *)after(?:All|Each)\((?:.*\)$|[^]*?^\1\}.*$)/gm)
    return [...hooks].some(([hook]) => /\w\[Symbol\.(?:asyncDispose|dispose)\]/.test(hook)) ? [file] : []
  })
  expect(careless).toEqual([])
})
