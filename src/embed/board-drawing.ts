import { announcement } from './announcement.js'
import type { BoardView, RowView } from './board-view.js'
import { createShape } from './status-shape.js'

interface RowDrawing {
  readonly node: HTMLLIElement
  show(row: RowView): void
}

/** Draws views into a shadow root: what is there already is kept, and only its text changes. */
export function createBoardDrawing(root: ShadowRoot): { show(view: BoardView): void } {
  const shape = createShape()
  const status = element('strong')
  const headline = element('span')
  const connection = element('small')
  const header = element('header', shape.node, status, headline, connection)
  const list = element('ul')
  const more = element('p')
  more.className = 'more'
  const said = element('p')
  said.className = 'said'
  said.setAttribute('role', 'status')
  const section = element('section', header, list, more, said)
  section.setAttribute('aria-label', 'Pipeline status')
  root.replaceChildren(section)

  const rows = new Map<string, RowDrawing>()
  let shown: BoardView | undefined
  return {
    show: (view) => {
      shape.show(view.status)
      setText(status, view.status)
      setText(headline, view.headline)
      setText(connection, view.age === '' ? view.connection : `${view.connection} · ${view.age}`)
      section.className = view.isOld ? 'old' : ''
      showRows(list, rows, view.rows)
      list.hidden = view.rows.length === 0
      more.hidden = view.hidden === 0
      setText(more, `and ${view.hidden} more`)
      const news = shown === undefined ? '' : announcement(shown, view)
      if (news !== '') said.textContent = news
      shown = view
    },
  }
}

function showRows(
  list: HTMLUListElement,
  drawings: Map<string, RowDrawing>,
  rows: readonly RowView[],
): void {
  const keys = new Set(rows.map(({ key }) => key))
  for (const [key, { node }] of drawings) {
    if (keys.has(key)) continue
    node.remove()
    drawings.delete(key)
  }
  for (const [index, row] of rows.entries()) {
    const drawing = drawings.get(row.key) ?? createRow()
    drawings.set(row.key, drawing)
    drawing.show(row)
    const there = list.children[index]
    if (there !== drawing.node) list.insertBefore(drawing.node, there ?? null)
  }
}

function createRow(): RowDrawing {
  const shape = createShape()
  const name = element('b')
  const detail = element('span')
  const node = element('li', shape.node, name, detail)
  let shownStatus: string | undefined
  return {
    node,
    show: (row) => {
      if (row.status !== shownStatus) shape.show(row.status)
      shownStatus = row.status
      setText(name, row.name)
      setText(detail, row.detail)
    },
  }
}

/** Writing the same text again would make screen readers and selections start anew. */
function setText(node: HTMLElement, text: string): void {
  if (node.textContent !== text) node.textContent = text
}

function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  ...children: readonly Node[]
): HTMLElementTagNameMap[Tag] {
  const node = document.createElement(tag)
  node.append(...children)
  return node
}
