import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { nodeArgumentsOf } from '@encounter-gateway/launch/npm-script.ts'

test('containers start the api as npm does', () => {
  const words = nodeArgumentsOf('api')
  expect(words.at(-1)).toBe('api/src/server.ts')
  expect(readFileSync('Dockerfile', 'utf8')).toContain(
    `CMD ${JSON.stringify(['node', ...words]).replaceAll(',', ', ')}`,
  )
  expect(readFileSync('docker-compose.yml', 'utf8')).toContain(`exec node ${words.join(' ')}'`)
})

test('a script that is not there starts nothing', () => {
  expect(() => nodeArgumentsOf('no such script')).toThrow(TypeError)
})
