import { stripTypeScriptTypes } from 'node:module'

/** One changed line of a file. */
export type Mutant = { line: number; before: string; after: string; text: string }

/** The replacements, each occurrence separately: [pattern, replacement] in either language. */
type Exchange = [RegExp, (found: string) => string]

const flip = (pairs: Record<string, string>): Exchange => {
  const other = { ...pairs, ...Object.fromEntries(Object.entries(pairs).map(([one, two]) => [two, one])) }
  const words = Object.keys(other).map((word) => word.replaceAll(/[|+.*]/g, String.raw`\$&`))
  return [new RegExp(` (?:${words.join('|')}) `, 'g'), (found) => ` ${other[found.trim()]} `]
}

const common: Exchange[] = [
  flip({ '>': '>=', '<': '<=' }),
  flip({ '+': '-' }),
  // 0 and 1 are swapped, any other number is off by one; not KEYS[1], a[1] or a part of a name
  [
    /(?<![\w.'"`[#$-])\d[\d_]*(?![\w.'"`])/g,
    (found) => String(found === '1' ? 0 : Number(found.replaceAll('_', '')) + 1),
  ],
  [/'[01]'/g, (found) => (found === "'1'" ? "'0'" : "'1'")],
  [/\btrue\b|\bfalse\b/g, (found) => (found === 'true' ? 'false' : 'true')],
]

const exchanges: Record<Language, Exchange[]> = {
  lua: [
    ...common,
    flip({ '==': '~=', and: 'or' }),
    [/\bmath\.(?:min|max)\b/g, (found) => (found === 'math.min' ? 'math.max' : 'math.min')],
    // a single comparison is inverted above
    [/(?<=\b(?:if|elseif|while) )(?!not\b)(?:(?! (?:==|~=) ).)+?(?= then\b| do\b)/g, (found) => `not (${found})`],
    [/\bnot /g, () => ''],
    // what a condition guards, on one line
    [/(?<=then )(?!return).+(?= end$)/g, () => ''],
  ],
  ts: [
    ...common,
    flip({ '===': '!==', '&&': '||' }),
    [/\bMath\.(?:min|max)\b/g, (found) => (found === 'Math.min' ? 'Math.max' : 'Math.min')],
    [/(?<=\b(?:if|while) )\((?:(?! (?:===|!==) ).)+\)(?= )/g, (found) => `(!${found})`],
    [/(?<=\b(?:if|while) )\(.+\)(?= )/g, () => '(false)'],
    [/(?<=[( ])!(?=[\w(])/g, () => ''],
  ],
}

/** If a line of this kind is left out, the language itself complains, or only a type is gone. */
const NEVER_DROPPED = /^\s*(?:local |const |import |export |type |function |\/\/|\*|\/\*|--)/
const COMMENT = { lua: /^\s*--/, ts: /^\s*(?:\/\/|\/?\*|import )/ }

type Language = 'lua' | 'ts'

/**
 * Every change of one line that leaves the file syntactically valid and does more than change a type; `isRight` judges
 * Lua.
 */
export async function mutantsOf(
  path: string,
  text: string,
  isRight: (lua: string) => Promise<boolean>,
): Promise<Mutant[]> {
  const language: Language = path.endsWith('.lua') ? 'lua' : 'ts'
  const lines = text.split('\n')
  const plain = language === 'ts' ? strip(text) : undefined
  const mutants: Mutant[] = []
  for (const [at, before] of lines.entries()) {
    if (before.trim() === '' || COMMENT[language].test(before)) continue
    for (const after of changesOf(before, language)) {
      const changed = lines.with(at, after).join('\n')
      const right = language === 'lua' ? await isRight(changed) : ![undefined, plain].includes(strip(changed))
      if (right) mutants.push({ line: at + 1, before: before.trim(), after: after.trim(), text: changed })
    }
  }
  return mutants
}

function changesOf(line: string, language: Language): Set<string> {
  const changes = new Set<string>()
  if (!NEVER_DROPPED.test(line)) changes.add('')
  for (const [pattern, replace] of exchanges[language]) {
    for (const { 0: found, index } of line.matchAll(pattern)) {
      changes.add(line.slice(0, index) + replace(found) + line.slice(index + found.length))
    }
  }
  changes.delete(line)
  return changes
}

/** A TypeScript file without its types, ignoring white space; `undefined` if it is not syntactically valid. */
function strip(text: string): string | undefined {
  try {
    return stripTypeScriptTypes(text).replaceAll(/\s+/g, ' ')
  } catch {
    return undefined
  }
}
