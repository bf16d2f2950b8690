import { useEffect, useState } from 'preact/hooks'

/** Whether the page is a screen on the wall (`?kiosk=1`), and what turns that on and off. */
export function useKiosk(): readonly [isKiosk: boolean, setKiosk: (isKiosk: boolean) => void] {
  const [isKiosk, setIsKiosk] = useState(() => readKiosk(location.search))
  useEffect(() => {
    document.documentElement.dataset['kiosk'] = String(isKiosk)
    if (!isKiosk) return
    const leaveOnEscape = ({ key, defaultPrevented }: KeyboardEvent) => {
      if (key === 'Escape' && !defaultPrevented) setKiosk(false)
    }
    addEventListener('keydown', leaveOnEscape)
    const letSleep = keepAwake()
    return () => {
      removeEventListener('keydown', leaveOnEscape)
      letSleep()
    }
  }, [isKiosk])
  const setKiosk = (next: boolean) => {
    const url = new URL(location.href)
    if (next) url.searchParams.set('kiosk', '1')
    else url.searchParams.delete('kiosk')
    history.replaceState(null, '', url)
    setIsKiosk(next)
  }
  return [isKiosk, setKiosk]
}

function readKiosk(search: string): boolean {
  const value = new URLSearchParams(search).get('kiosk')
  return value !== null && value !== '0'
}

/** Asks for a screen that stays on. Browsers take it back whenever the page is hidden. */
function keepAwake(): () => void {
  if (!('wakeLock' in navigator)) return () => undefined
  let lock: WakeLockSentinel | null = null
  let isEnded = false
  const ask = () => {
    if (document.hidden || isEnded) return
    navigator.wakeLock.request('screen').then(
      (granted) => {
        if (isEnded) void granted.release()
        else lock = granted
      },
      () => undefined, // a device that refuses, as on low battery, just goes dark
    )
  }
  ask()
  document.addEventListener('visibilitychange', ask)
  return () => {
    isEnded = true
    document.removeEventListener('visibilitychange', ask)
    void lock?.release()
  }
}
