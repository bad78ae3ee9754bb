import { expect, test } from 'vitest'
import { summarizeProfile } from './profile-summary.ts'

const frame = (functionName: string, url = '', lineNumber = 0) => ({ functionName, url, lineNumber })

test('self time goes to packages, files of ours and, for native code, to its caller; idle time is separate', () => {
  const { busyMs, idleMs, modules, functions } = summarizeProfile({
    nodes: [
      { id: 1, callFrame: frame('(root)'), children: [2, 4, 5] },
      { id: 2, callFrame: frame('seal', 'file:///here/shared/src/sealing/seal.ts', 44), children: [3] },
      { id: 3, callFrame: frame('writeSync') },
      { id: 4, callFrame: frame('parse', 'file:///here/node_modules/a/node_modules/@b/c/index.js', 9) },
      { id: 5, callFrame: frame('(idle)') },
    ],
    samples: [2, 3, 4, 5],
    timeDeltas: [1000, 2000, 1000, 6000],
  })
  expect([busyMs, idleMs]).toEqual([4, 6])
  expect(modules).toEqual([
    { name: 'shared/src/sealing/seal.ts', ms: 3, share: 0.75 },
    { name: '@b/c', ms: 1, share: 0.25 },
  ])
  expect(functions[0]).toEqual({ name: 'writeSync < seal shared/src/sealing/seal.ts:45', ms: 2, share: 0.5 })
})
