import { useRef, useState } from 'preact/hooks'

const SAID_FOR_MS = 2_000

/** Text to copy. Where the browser does not let a page copy, it is selected instead. */
export function CopyBlock({ text, label }: { text: string; label: string }) {
  const [said, setSaid] = useState<string | null>(null)
  const block = useRef<HTMLElement>(null)
  const say = (words: string) => {
    setSaid(words)
    setTimeout(() => setSaid(null), SAID_FOR_MS)
  }
  const select = () => {
    if (block.current !== null) getSelection()?.selectAllChildren(block.current)
    say('Selected: press Ctrl+C')
  }
  const copy = () => {
    // Over plain http on a LAN there is no clipboard, whatever its type says.
    const clipboard = navigator.clipboard as Clipboard | undefined
    if (clipboard === undefined) select()
    else clipboard.writeText(text).then(() => say('Copied'), select)
  }
  return (
    <div class="copy-block">
      <pre>
        <code ref={block}>{text}</code>
      </pre>
      <button type="button" class="button" aria-label={`Copy: ${label}`} onClick={copy}>
        {said ?? 'Copy'}
      </button>
    </div>
  )
}
