import { Component, type ComponentChild, type FunctionComponent, h } from 'preact'

/**
 * A part that renders anew only when one of its properties is another value. The client shares what
 * has not changed between two updates, so identity is enough.
 */
export function memo<Props extends object>(
  Part: FunctionComponent<Props>,
): new () => Component<Props> {
  return class Memo extends Component<Props> {
    override shouldComponentUpdate(next: Readonly<Props>): boolean {
      return !isShallowlyEqual(this.props, next)
    }
    override render(): ComponentChild {
      return h(Part, this.props as Props)
    }
  }
}

function isShallowlyEqual(one: object, other: object): boolean {
  const before = one as Readonly<Record<string, unknown>>
  const after = other as Readonly<Record<string, unknown>>
  const keys = Object.keys(after)
  return (
    keys.length === Object.keys(before).length &&
    keys.every((key) => Object.is(before[key], after[key]))
  )
}
