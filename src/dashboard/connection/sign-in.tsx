import { useEffect, useRef } from 'preact/hooks'
import { usePage } from '../page/page-context.js'

/** Whom the form tells, and what it knows. */
export interface SignInProps {
  readonly onToken: (token: string) => void
  /** There is a token, and the server does not take it. */
  readonly wasRefused: boolean
}

/** Asks for a view token; what is sent is remembered until the tab is closed. */
export function SignIn({ onToken, wasRefused }: SignInProps) {
  const { store } = usePage()
  const field = useRef<HTMLInputElement>(null)
  useEffect(() => field.current?.focus(), [])
  const submit = (event: Event) => {
    event.preventDefault()
    const token = field.current?.value.trim() ?? ''
    if (token === '') return
    onToken(token)
    store.authorize(token)
  }
  return (
    <form class="notice" aria-label="Sign in" onSubmit={submit}>
      <h2>Sign-in required</h2>
      <p>
        This server shows its status to those who have a token: one of its VIEW_TOKENS, or one that
        was signed for you. It is kept until you close this tab.
      </p>
      <label class="field">
        <span>Token</span>
        <input ref={field} type="password" autocomplete="off" spellcheck={false} required />
      </label>
      {wasRefused && (
        <p class="tone-bad" role="alert">
          The server does not accept this token. It may have expired.
        </p>
      )}
      <button type="submit" class="button primary">
        Show the board
      </button>
    </form>
  )
}
