import { useEffect, useRef, useState } from 'preact/hooks'
import type { PipelineStatus } from '../protocol/index.js'
import { Board } from './board/board.js'
import { EmptyBoard } from './board/empty-board.js'
import { Header } from './board/header.js'
import { LiveRegion } from './connection/live-region.js'
import { NoData } from './connection/no-data.js'
import { SignIn } from './connection/sign-in.js'
import { useBoard, useEachSecond, usePage } from './page/page-context.js'
import { useKiosk } from './page/use-kiosk.js'
import { useRoute } from './page/use-route.js'
import { rememberedToken, rememberToken } from './page/view-token.js'
import { NO_FILTER } from './sources/source-rows.js'
import { SourceView } from './source-view/source-view.js'

/** The whole page. */
export function App() {
  const { update, connection } = useBoard()
  const { clock, store } = usePage()
  const [isKiosk, setKiosk] = useKiosk()
  const [openedAt] = useState(clock.now)
  const isOutOfDate = useEachSecond(
    () => store.dataAge()?.isOutOfDate === true,
    (one, other) => one === other,
  )
  useEffect(() => {
    document.documentElement.dataset['outOfDate'] = String(isOutOfDate)
  }, [isOutOfDate])
  const data = update?.data
  const isSignInNeeded = connection.status === 'unauthorized'
  const signIn = <SignIn onToken={rememberToken} wasRefused={rememberedToken() !== ''} />
  return (
    <div class="page">
      <Header data={data} isKiosk={isKiosk} onKiosk={() => setKiosk(true)} />
      <LiveRegion />
      {data === undefined ? (
        <main class="before-data">{isSignInNeeded ? signIn : <NoData openedAt={openedAt} />}</main>
      ) : (
        <>
          {isSignInNeeded && signIn}
          <View data={data} isKiosk={isKiosk} />
        </>
      )}
    </div>
  )
}

interface ViewProps {
  readonly data: PipelineStatus
  readonly isKiosk: boolean
}

function View({ data, isKiosk }: ViewProps) {
  const { baseUrl } = usePage()
  const route = useRoute()
  // Both are as they were when somebody comes back from a source.
  const visited = useRef<string | null>(null)
  const [filter, setFilter] = useState(NO_FILTER)
  if (route.view === 'source') {
    visited.current = route.key
    return <SourceView key={route.key} id={route.key} data={data} />
  }
  const isEmpty = data.totals.sources === 0 && Object.keys(data.queue.queues).length === 0
  if (isEmpty) return <EmptyBoard baseUrl={baseUrl} />
  const list = { data, isKiosk, filter, onFilter: setFilter, visited: visited.current }
  return <Board {...list} />
}
