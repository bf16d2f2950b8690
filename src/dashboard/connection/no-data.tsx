import { useEachSecond, usePage } from '../page/page-context.js'
import { noDataWords, type NoDataWords } from './no-data-words.js'

/** In place of the board before the first data: never for long without a reason. */
export function NoData({ openedAt }: { openedAt: number }) {
  const { store, clock } = usePage()
  const words = useEachSecond(
    () => noDataWords(store.state().connection, clock.now() - openedAt),
    isSame,
  )
  return (
    <section class="notice" aria-busy={words.isWaiting}>
      <h2>{words.title}</h2>
      <p>{words.explanation}</p>
      {!words.isWaiting && (
        <button type="button" class="button primary" onClick={store.retry}>
          Try again
        </button>
      )}
    </section>
  )
}

function isSame(one: NoDataWords, other: NoDataWords): boolean {
  return one.title === other.title && one.explanation === other.explanation
}
