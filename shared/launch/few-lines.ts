const SECOND_MS = 1000

/** Prints lines, but not too many of them. */
export type FewLines = {
  print(line: string): void
  /** Prints the count of those left out so far, and stops the timer. */
  end(): void
}

/** Prints at most `most` lines in each second; those beyond are counted, and `more(count)` is printed in their place. */
export function fewLines(print: (line: string) => void, most: number, more: (count: number) => string): FewLines {
  let printed = 0
  let leftOut = 0
  let timer: NodeJS.Timeout | undefined

  function newSecond() {
    timer = undefined
    printed = 0
    if (leftOut === 0) return
    print(more(leftOut))
    leftOut = 0
  }

  return {
    print(line) {
      timer ??= setTimeout(newSecond, SECOND_MS)
      if (printed++ < most) print(line)
      else leftOut++
    },
    end() {
      clearTimeout(timer)
      newSecond()
    },
  }
}
