import { useEffect, useState } from 'preact/hooks'

/** Says a cron expression in words. */
export type CronWords = (expression: string) => string

/** The words for cron come in a file of their own, when somebody first looks at a schedule. */
export function useCronWords(isNeeded: boolean): CronWords {
  const [cronWords, setCronWords] = useState<{ readonly say: CronWords }>({ say: asItStands })
  useEffect(() => {
    if (!isNeeded) return
    let isGone = false
    import('cronstrue').then(
      ({ default: cronstrue }) => {
        if (isGone) return
        setCronWords({ say: (text) => cronstrue.toString(text, { use24HourTimeFormat: true }) })
      },
      () => undefined, // offline: the expression itself is shown
    )
    return () => {
      isGone = true
    }
  }, [isNeeded])
  return cronWords.say
}

function asItStands(expression: string): string {
  return expression
}
