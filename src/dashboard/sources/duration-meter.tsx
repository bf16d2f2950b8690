import { useRef } from 'preact/hooks'
import type { SourceStatus } from '../../protocol/index.js'
import { Ticking, usePage, useTicking } from '../page/page-context.js'
import { durationLook } from './row-times.js'

/** The meter ends at twice the usual. */
const MOST = 2
/** From here on a run counts as slow. */
const SLOW = 1.5

/** How long a run takes; the mark in the middle of the meter is what is usual. */
export function DurationMeter({ source }: { source: SourceStatus }) {
  const { clock } = usePage()
  const look = durationLook(source, clock.boardNow())
  if (look === null) return <span class="duration quiet">–</span>
  const which = source.running > 0 ? 'this run' : 'the last run'
  return (
    <span class="duration" title={look.usual === null ? which : `${which}, ${look.usual}`}>
      <Ticking text={(now) => durationLook(source, now)?.words ?? '–'} />
      {look.usual !== null && <span class="visually-hidden">, {look.usual}</span>}
      {look.ratio !== null && <Meter source={source} />}
    </span>
  )
}

function Meter({ source }: { source: SourceStatus }) {
  const fill = useRef<HTMLSpanElement>(null)
  useTicking((now) => {
    const ratio = durationLook(source, now)?.ratio
    if (fill.current === null || ratio == null) return
    const isSlow = ratio > SLOW
    fill.current.className = isSlow ? 'fill-warn' : source.running > 0 ? 'fill-info' : 'fill-quiet'
    fill.current.style.width = `${(Math.min(ratio, MOST) / MOST) * 100}%`
  })
  return (
    <span class="meter" aria-hidden="true">
      <span ref={fill} />
    </span>
  )
}
