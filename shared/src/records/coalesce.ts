/**
 * Maximum number of questions per call: Redis is blocked while it answers them. Few enough that Redis begins while this
 * process still reads the rest: with all of 64 in one call, each side waited for the other.
 */
const AT_ONCE = 16

/**
 * Combines the questions of one turn of the event loop, so that they cost one round trip, one script call and one sync
 * to disk. `ask` returns the answers in the order of the questions. An answer that is an Error rejects its own
 * question; if `ask` throws, all are rejected.
 */
export function coalesce<Question, Answer>(
  ask: (questions: Question[]) => Promise<(Answer | Error)[]>,
): (question: Question) => Promise<Answer> {
  type Asked = { question: Question; resolve: (answer: Answer) => void; reject: (error: unknown) => void }
  let waiting: Asked[] = []

  async function send(asked: Asked[]): Promise<void> {
    try {
      const answers = await ask(asked.map(({ question }) => question))
      for (const [at, { resolve, reject }] of asked.entries()) {
        const answer = answers[at] ?? new Error('Redis has not answered for each job')
        if (answer instanceof Error) reject(answer)
        else resolve(answer)
      }
    } catch (error) {
      for (const { reject } of asked) reject(error)
    }
  }

  function sendGathered(): void {
    const gathered = waiting
    waiting = []
    if (gathered.length > 0) void send(gathered)
  }

  return (question) =>
    new Promise((resolve, reject) => {
      const gathered = waiting.push({ question, resolve, reject })
      // an immediate runs after all readable sockets have been read
      if (gathered === 1) setImmediate(sendGathered)
      if (gathered === AT_ONCE) sendGathered()
    })
}
