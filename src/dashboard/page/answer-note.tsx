import type { Answer } from './answer.js'

/** What is to be said of an answer: in its place while there is none, above it when it may be old. */
export function AnswerNote({ answer }: { answer: Answer<unknown> }) {
  if (answer.state === 'waiting') return <p class="quiet">Asking…</p>
  if (answer.state === 'failed') return <p class="tone-bad">{answer.message}</p>
  if (answer.failure === null) return null
  return <p class="quiet">Not up to date: {answer.failure}</p>
}
